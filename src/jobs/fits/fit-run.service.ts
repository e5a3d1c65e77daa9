import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import { IncompatibleAdapterError } from '../../common/errors.js';
import { COMPOSITION_FILE } from '../../composition/composition-file.js';
import { readRecipe } from '../../composition/json.js';
import { printText } from '../../composition/text.js';
import type { Recipe } from '../../composition/value.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { HeadLabels } from '../../models/heads.js';
import { CompositionsService } from '../../registry/compositions/compositions.service.js';
import type { Member } from '../../registry/compositions/members.service.js';
import { RegistryService } from '../../registry/registry.service.js';
import type { VersionDraft, VersionTarget } from '../../registry/version-maker.js';
import { OBJECT_STORE, type ObjectStore } from '../../storage/object-store.js';
import type { MadeFusion, TrainingResult } from '../../training/events.js';
import type { FitOptions } from '../../training/fits/fit-options.js';
import type { FitPart, FitSpec } from '../../training/fits/fit-spec.js';
import { labelsOf } from '../../serving/version-tasks.js';
import { fusionRouterName } from '../adapter-name.js';
import { BASE_DIRECTORY } from '../base-directory.js';
import type { FineTuningJob } from '../fine-tuning-job.entity.js';
import type { PartContent } from '../squad-versions.js';
import { readsRows } from './fit-request.js';
import { copiesMembers, FitRequests } from './fit-requests.service.js';

interface FitPlace {
  readonly directory: string;
  readonly initial: string | undefined;
  /** Of the job or its data; none for a job that reads no rows. */
  readonly labels: readonly string[] | undefined;
}

/** What a worker does for a job that fits, beside what it does for every job. */
@Injectable()
export class FitRun {
  constructor(
    private readonly requests: FitRequests,
    private readonly compositions: CompositionsService,
    private readonly registry: RegistryService,
    @Inject(OBJECT_STORE) private readonly store: ObjectStore,
    @Inject(BASE_DIRECTORY) private readonly base: string,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** Lays out the members; grants are looked up again. */
  async plan(
    { tenantId, request }: FineTuningJob,
    fit: FitOptions,
    { directory, initial, labels }: FitPlace,
  ): Promise<FitSpec> {
    const pinned = await this.requests.pin(tenantId, fit);
    const members: FitPart[] = [];
    for (const member of pinned?.members.values() ?? []) {
      const path = join(directory, `member-${members.length}`);
      members.push(await this.fetch(member, fit, path));
    }
    return {
      ...{ fit, base: this.base, task: request.task },
      ...(readsRows(request) && { data: { train: join(directory, 'train.jsonl') } }),
      ...(initial !== undefined && { initial }),
      ...{ members, seed: request.seed, threads: this.config.training.threads },
      ...(labels && { labels }),
      ...(request.problem && { problem: request.problem }),
      ...(fit.name === 'floor' && pinned && { recipe: pinned.recipe }),
    };
  }

  /** The version of a result that is a composition; its members are found again, and their grants. */
  async draft(result: TrainingResult, task: string, target: VersionTarget): Promise<VersionDraft> {
    const file = await readFile(join(result.files, COMPOSITION_FILE), 'utf8');
    const recipe = readRecipe(JSON.parse(file));
    const pinned = await this.compositions.pin(target.tenantId, recipe, 'objective');
    const labels = result.labels ?? commonLabels([...pinned.members.values()]);
    return this.compositions.draft(target, pinned, summaryOf(pinned.recipe, labels, task));
  }

  /**
   * The composition of a fusion's members by the router that is made before it; the members are found again, and their grants.
   *
   * @param parts  what is made before it, by name
   */
  async fused(
    { fusion, labels }: { readonly fusion: MadeFusion } & Pick<TrainingResult, 'labels'>,
    task: string,
    parts: ReadonlyMap<string, PartContent>,
    target: VersionTarget,
  ): Promise<VersionDraft> {
    const router = fusionRouterName(target.name);
    const sum = fusion.members.map((of) => ({ of, weight: 1 }));
    const pinned = await this.compositions.pin(target.tenantId, readRecipe({ composition: { sum } }), 'objective');
    const composition = {
      ...{ route: [...pinned.members.keys()], by: 'adapter_fusion' as const },
      router: `${router}@${parts.get(router)?.digest ?? ''}`,
    };
    const recipe = { composition, ...(fusion.head !== undefined && { head: fusion.head }) };
    return this.compositions.draft(target, { ...pinned, recipe }, summaryOf(recipe, labels, task));
  }

  /** What copies weights of its members has their files; the others read what is served. */
  private async fetch({ pinned, tenantId, version }: Member, fit: FitOptions, path: string): Promise<FitPart> {
    const labels = labelsOf(version.summary);
    const part = { name: pinned, ...(labels && { labels }) };
    if (copiesMembers(fit)) {
      await mkdir(path);
      for (const file of await this.registry.files(tenantId, version.name, version.digest)) {
        const { body } = await this.registry.openFile(tenantId, version, file.name);
        await pipeline(body, createWriteStream(join(path, file.name)));
      }
      return { ...part, files: path };
    }
    if (version.summary.kind === 'base')
      throw new IncompatibleAdapterError(`objective: expected adapters as members, got ${pinned}, a model of its own`);
    const { objectKey } = await this.registry.packed(tenantId, version);
    await pipeline(await this.store.get(objectKey), createWriteStream(path));
    return { ...part, packed: path };
  }
}

/** What a composition of members that may be weighed or mixed gives. */
function summaryOf({ composition }: Recipe, labels: HeadLabels | undefined, task: string) {
  const details = {
    text: printText(composition),
    problem: labels?.problem ?? null,
    virtual_tokens: 0, // virtual tokens have no weights and no shares, so no member brings any
  };
  return { task: labels ? task : null, labels: labels?.labels ?? null, details };
}

/** Of heads that are all alike; a composition of others says its labels when it is asked. */
function commonLabels(members: readonly Member[]): HeadLabels | undefined {
  const [first, ...others] = members.map(({ version }) => labelsOf(version.summary));
  const isSame = (other: HeadLabels | undefined): boolean => JSON.stringify(other) === JSON.stringify(first);
  return others.every(isSame) ? first : undefined;
}
