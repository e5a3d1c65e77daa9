import { Injectable } from '@nestjs/common';
import { printText } from '../composition/text.js';
import { CompositionsService } from '../registry/compositions/compositions.service.js';
import type { VersionContent, VersionDraft, VersionTarget } from '../registry/version-maker.js';
import type { MadeSquad } from '../training/events.js';
import type { MadeComposition } from './adapter-name.js';

/** A version before it is made. */
export type PartContent = Pick<VersionContent, 'digest' | 'summary'>;

/** The compositions of a squad: for each task its router over all experts. */
@Injectable()
export class SquadVersions {
  constructor(private readonly compositions: CompositionsService) {}

  /** @param parts  experts and routers that are made before it, by their adapters' names */
  draft(
    { experts, router }: MadeComposition,
    { topK, temperature }: MadeSquad,
    parts: ReadonlyMap<string, PartContent>,
    target: VersionTarget,
  ): VersionDraft {
    const pinned = (name: string): string => `${name}@${parts.get(name)?.digest ?? ''}`;
    const composition = {
      ...{ route: experts.map(pinned), by: 'mod_squad' as const, router: pinned(router) },
      ...{ top_k: topK, temperature },
    };
    const { labels = null, details } = parts.get(router)?.summary ?? {};
    const summary = {
      ...{ task: 'sequence_classification', labels },
      details: {
        ...{ text: printText(composition), problem: details?.['problem'] ?? null },
        virtual_tokens: 0, // experts have none
      },
    };
    return this.compositions.draft(target, { recipe: { composition }, members: new Map(), through: [] }, summary);
  }
}
