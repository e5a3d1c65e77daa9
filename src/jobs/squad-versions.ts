import { Injectable } from '@nestjs/common';
import { printText } from '../composition/text.js';
import type { AdapterVersion } from '../registry/adapter-version.js';
import { CompositionsService } from '../registry/compositions/compositions.service.js';
import type { MadeVersion, VersionTarget } from '../registry/version-maker.js';
import { SYSTEM } from '../tenants/principal.js';
import type { MadeSquad } from '../training/events.js';
import type { MadeComposition } from './adapter-name.js';

/** Makes the compositions of a squad: for each task its router over all experts. */
@Injectable()
export class SquadVersions {
  constructor(private readonly compositions: CompositionsService) {}

  /** @param versions  of experts and routers, by their adapters' names */
  async make(
    { experts, router }: MadeComposition,
    { topK, temperature }: MadeSquad,
    versions: ReadonlyMap<string, AdapterVersion>,
    target: VersionTarget,
  ): Promise<MadeVersion> {
    const pinned = (name: string): string => `${name}@${versions.get(name)?.digest ?? ''}`;
    const composition = {
      ...{ route: experts.map(pinned), by: 'mod_squad' as const, router: pinned(router) },
      ...{ top_k: topK, temperature },
    };
    const made = await this.compositions.pin(target.tenantId, { composition }, 'composition');
    const { labels = null, details } = versions.get(router)?.summary ?? {};
    const summary = {
      ...{ task: 'sequence_classification', labels },
      details: {
        ...{ text: printText(made.recipe.composition), problem: details?.['problem'] ?? null },
        virtual_tokens: 0, // experts have none
      },
    };
    return this.compositions.create(target, made, summary, SYSTEM);
  }
}
