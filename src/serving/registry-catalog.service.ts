import { Inject, Injectable } from '@nestjs/common';
import { ADAPTER_TASKS, type AdapterTask } from '../adapters/adapter-base.js';
import type { BaseHeads } from '../models/base-model.js';
import type { HeadLabels } from '../models/heads.js';
import type { AdapterSummary, AdapterVersion } from '../registry/adapter-version.js';
import { RegistryService } from '../registry/registry.service.js';
import { versionDetails } from './base-adapter-compiler.js';
import { brickId } from './brick-ref.js';
import { BASE_MODEL, type ServedBase } from './engine.module.js';
import type { ModelCatalog, ServedModel } from './served-model.js';

/** Model names as the registry resolves them, ready for rows. */
@Injectable()
export class RegistryCatalog implements ModelCatalog {
  constructor(
    private readonly registry: RegistryService,
    @Inject(BASE_MODEL) private readonly base: ServedBase,
  ) {}

  async resolve(tenantId: string, model: string): Promise<ServedModel> {
    const ref = await this.registry.resolve(tenantId, model);
    return ref.kind === 'base' ? this.bare(model) : this.adapted(tenantId, model, ref.version);
  }

  private bare(name: string): ServedModel {
    const { digest, heads, labels } = this.base;
    return {
      name,
      adapter: 'base',
      versions: [digest],
      bricks: [],
      head: 'base',
      tasks: baseTasks(heads),
      labels,
      virtualTokens: 0,
    };
  }

  private async adapted(tenantId: string, name: string, version: AdapterVersion): Promise<ServedModel> {
    const { objectKey, sha256, bytes } = await this.registry.packed(tenantId, version);
    const id = brickId(tenantId, version.digest);
    const isModel = version.summary.kind === 'base';
    const { virtual_tokens: virtualTokens, head, tasks, template } = versionDetails.parse(version.summary.details);
    return {
      name,
      adapter: version.name,
      versions: [version.digest],
      bricks: [{ ref: { id, objectKey, sha256, bytes, ...(isModel && { isModel }) }, weight: 1 }],
      head: id,
      tasks: tasks ?? (head === null ? baseTasks(this.base.heads) : tasksOf(version.summary)),
      labels: labelsOf(version.summary) ?? (isModel ? undefined : this.base.labels),
      virtualTokens,
      template,
    };
  }
}

/** Every model gives embeddings; a head answers its own task. */
function tasksOf({ task }: AdapterSummary): AdapterTask[] {
  return ADAPTER_TASKS.filter((known) => known === task || known === 'embedding');
}

function baseTasks({ sequence, token, maskedLm }: BaseHeads): AdapterTask[] {
  const has = { sequence_classification: sequence, token_classification: token, masked_lm: maskedLm, embedding: true };
  return ADAPTER_TASKS.filter((task) => has[task]);
}

function labelsOf({ labels, details }: AdapterSummary): HeadLabels | undefined {
  const { problem } = versionDetails.parse(details);
  return labels === null || problem === null ? undefined : { labels, problem };
}
