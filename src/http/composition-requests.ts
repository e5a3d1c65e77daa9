import { Injectable } from '@nestjs/common';
import { ConflictError, NotFoundError } from '../common/errors.js';
import type { AdapterVersion } from '../registry/adapter-version.js';
import { CompositionsService } from '../registry/compositions/compositions.service.js';
import { SquadExtractions } from '../registry/compositions/squad-extractions.service.js';
import { parseModelName } from '../registry/model-name.js';
import { RegistryService } from '../registry/registry.service.js';
import { ComposingService } from '../serving/composing.service.js';
import { VersionRemovalService } from '../serving/version-removal.service.js';
import type { Actor } from '../tenants/principal.js';
import { compositionView, extractionView, planView } from './composition-views.js';
import { toInline } from './inline-composition.js';

export interface NewComposition {
  readonly name: string;
  readonly composition?: unknown;
  readonly alias?: string | undefined;
  readonly dry_run: boolean;
}

export interface NewExtraction {
  readonly name: string;
  readonly alias?: string | undefined;
  readonly by: 'layers' | 'experts';
  readonly threshold?: number | undefined;
  readonly keep?: number | undefined;
  readonly dry_run: boolean;
}

/** Named compositions: thin over adapters, their versions and their aliases. */
@Injectable()
export class CompositionRequests {
  constructor(
    private readonly composing: ComposingService,
    private readonly compositions: CompositionsService,
    private readonly registry: RegistryService,
    private readonly removal: VersionRemovalService,
    private readonly extractions: SquadExtractions,
  ) {}

  async create(tenantId: string, { name, composition, alias, dry_run: isDry }: NewComposition, actor: Actor) {
    const { recipe, ...place } = toInline(composition);
    const plan = await this.composing.plan(tenantId, recipe, { name, ...place });
    if (isDry) return planView(name, plan);
    const target = { tenantId, name, alias: alias === '' ? null : alias };
    const { version } = await this.composing.create(target, plan, actor);
    return compositionView(version);
  }

  /** @param model  a composition of the tenant */
  async extract(tenantId: string, model: string, request: NewExtraction, actor: Actor) {
    const version = await this.require(tenantId, model);
    const { name, alias, dry_run: isDry, ...cut } = request;
    const asked = { name, alias: alias === '' ? null : alias, cut };
    if (isDry) return extractionView(name, await this.extractions.plan(tenantId, version, asked));
    const made = await this.extractions.extract(tenantId, version, asked, actor);
    return compositionView(made.version);
  }

  async get(tenantId: string, model: string) {
    return compositionView(await this.require(tenantId, model));
  }

  /** A name with all its versions, one version, or an alias, as `DELETE /v1/models/{id}` does. */
  async delete(tenantId: string, model: string, actor: Actor): Promise<void> {
    const parsed = parseModelName(model);
    if (parsed === undefined || parsed.kind === 'base') throw notFound(model);
    if (parsed.kind === 'version') {
      await this.require(tenantId, model);
      return this.removal.deleteVersion(tenantId, parsed, actor);
    }
    if (model.includes('@')) return this.registry.deleteAlias(tenantId, parsed, actor);
    const kinds = await this.compositions.kinds(tenantId, parsed.name);
    if (!kinds.hasComposition) throw notFound(model);
    if (kinds.hasOther) {
      throw new ConflictError(`${model}: expected compositions only, found other versions: delete each by its digest`);
    }
    return this.removal.deleteAdapter(tenantId, parsed.name, actor);
  }

  private async require(tenantId: string, model: string): Promise<AdapterVersion> {
    const ref = await this.registry.resolve(tenantId, model).catch(asNotFound(model));
    if (ref.kind === 'adapter' && ref.version.summary.kind === 'composition') return ref.version;
    throw notFound(model);
  }
}

function asNotFound(model: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof NotFoundError ? notFound(model) : error;
  };
}

function notFound(model: string): NotFoundError {
  const got = JSON.stringify(model.slice(0, 160));
  return new NotFoundError(`composition: expected the name of one of yours, got ${got}`, {
    code: 'composition_not_found',
    param: 'name',
  });
}
