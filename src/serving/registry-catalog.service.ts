import { Inject, Injectable } from '@nestjs/common';
import { AppError, IncompatibleAdapterError, NotFoundError, ValidationError } from '../common/errors.js';
import type { AdapterVersion } from '../registry/adapter-version.js';
import { readComposedDetails } from '../registry/compositions/composed-details.js';
import { CompositionsService } from '../registry/compositions/compositions.service.js';
import { RegistryService } from '../registry/registry.service.js';
import { versionDetails } from './base-adapter-compiler.js';
import { ComposedModels } from './composed-models.js';
import { BASE_MODEL, type ServedBase } from './engine.module.js';
import type { InlineComposition, ModelCatalog, ServedModel } from './served-model.js';
import { brickRefOf } from './version-bricks.js';
import { baseTasks, labelsOf, tasksOf } from './version-tasks.js';

/** Of compositions that stand in requests, in metrics: no adapter has this name. */
const INLINE = '(inline)';

/** Model names as the registry resolves them, ready for rows. */
@Injectable()
export class RegistryCatalog implements ModelCatalog {
  constructor(
    private readonly registry: RegistryService,
    private readonly compositions: CompositionsService,
    private readonly composed: ComposedModels,
    @Inject(BASE_MODEL) private readonly base: ServedBase,
  ) {}

  async resolve(tenantId: string, model: string, inline?: InlineComposition): Promise<ServedModel> {
    const named = await this.resolveName(tenantId, model);
    return inline === undefined ? named : this.inline(tenantId, named, inline);
  }

  private async resolveName(tenantId: string, model: string): Promise<ServedModel> {
    const ref = await this.registry.resolve(tenantId, model);
    if (ref.kind === 'base') return this.bare(model);
    if (ref.version.summary.kind === 'composition') return this.composition(tenantId, model, ref.version);
    if (ref.version.summary.kind === 'router') throw noModel(model);
    return this.adapted(tenantId, model, ref.version);
  }

  private bare(name: string): ServedModel {
    const { digest, heads, labels } = this.base;
    return {
      name,
      adapter: 'base',
      versions: [digest],
      held: [],
      bricks: [],
      heads: ['base'],
      tasks: baseTasks(heads),
      labels,
      virtualTokens: 0,
    };
  }

  private async adapted(tenantId: string, name: string, version: AdapterVersion): Promise<ServedModel> {
    const ref = await brickRefOf(this.registry, tenantId, version);
    const { virtual_tokens: virtualTokens, head, tasks, template } = versionDetails.parse(version.summary.details);
    return {
      name,
      adapter: version.name,
      versions: [version.digest],
      held: [{ tenantId, digest: version.digest }],
      bricks: [{ ref, weight: 1 }],
      heads: [ref.id],
      tasks: tasks ?? (head === null ? baseTasks(this.base.heads) : tasksOf(version.summary)),
      labels: labelsOf(version.summary) ?? (ref.isModel ? undefined : this.base.labels),
      virtualTokens,
      template,
    };
  }

  /** Its members are found again for every request: one that is granted no more is found no more. */
  private async composition(tenantId: string, name: string, version: AdapterVersion): Promise<ServedModel> {
    const { digest, summary } = version;
    const { recipe } = readComposedDetails(summary);
    const pinned = await this.compositions.pin(tenantId, recipe, 'composition').catch(asUnusable(name));
    const held = [{ tenantId, digest }, ...membersOf(pinned.members)];
    return this.composed.compose(pinned, { name, adapter: version.name, versions: [digest], held, at: 'model' });
  }

  private async inline(
    tenantId: string,
    model: ServedModel,
    { recipe, ...place }: InlineComposition,
  ): Promise<ServedModel> {
    const pinned = await this.compositions.pin(tenantId, recipe, place.at);
    const isBase = model.adapter === 'base';
    const members = membersOf(pinned.members);
    const versions = [...new Set([...members.map(({ digest }) => digest), ...(isBase ? [] : model.versions)])];
    return this.composed.compose(pinned, {
      ...{ name: model.name, adapter: INLINE, versions, held: [...members, ...model.held], ...place },
      headOf: isBase ? undefined : model,
    });
  }
}

function noModel(name: string): ValidationError {
  const rule = `model: expected one that answers, got ${name}, a router: name it in a route of the bricks that it weighs`;
  return new ValidationError(rule, { param: 'model' });
}

/** A member that is no longer there, granted no more, or of another base is the model's fault and not the request's. */
function asUnusable(name: string): (error: unknown) => never {
  return (error) => {
    const Kind = [NotFoundError, IncompatibleAdapterError].find((one) => error instanceof one);
    if (!Kind || !(error instanceof AppError)) throw error;
    throw new Kind(`${name}: ${error.message}`, { code: error.code, param: 'model', cause: error });
  };
}

function membersOf(members: Awaited<ReturnType<CompositionsService['pin']>>['members']) {
  return [...members.values()].map(({ tenantId, version: { digest } }) => ({ tenantId, digest }));
}
