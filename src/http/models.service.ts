import { Injectable } from '@nestjs/common';
import { ForbiddenError } from '../common/errors.js';
import type { Adapter } from '../registry/adapter-version.js';
import { modelNotFound, parseModelName } from '../registry/model-name.js';
import { RegistryService } from '../registry/registry.service.js';
import { VersionRemovalService } from '../serving/version-removal.service.js';
import type { Actor } from '../tenants/principal.js';
import { modelView } from './adapter-views.js';
import { deletedView } from './views.js';

const PAGE = 1000;
/** When the base was made is not known; clients only want a number. */
const BASE_CREATED = new Date(0);

/** A tenant's adapters in the shape of OpenAI's models. */
@Injectable()
export class ModelsService {
  constructor(
    private readonly registry: RegistryService,
    private readonly removal: VersionRemovalService,
  ) {}

  async list(tenantId: string) {
    const data = [modelView('base', BASE_CREATED, 'tessera')];
    for await (const { name, createdAt } of this.adapters(tenantId)) data.push(modelView(name, createdAt, 'tenant'));
    return { object: 'list' as const, data };
  }

  async get(tenantId: string, id: string) {
    const ref = await this.registry.resolve(tenantId, id);
    return ref.kind === 'base'
      ? modelView(id, BASE_CREATED, 'tessera')
      : modelView(id, ref.version.createdAt, 'tenant');
  }

  async delete(tenantId: string, id: string, actor: Actor) {
    const parsed = parseModelName(id);
    if (parsed === undefined) throw modelNotFound(id);
    if (parsed.kind === 'base') throw new ForbiddenError('model: the base is not deleted by a tenant');
    if (parsed.kind === 'version') await this.removal.deleteVersion(tenantId, parsed, actor);
    else if (id.includes('@')) await this.registry.deleteAlias(tenantId, parsed, actor);
    else await this.removal.deleteAdapter(tenantId, id, actor);
    return deletedView('model', id);
  }

  private async *adapters(tenantId: string): AsyncGenerator<Adapter> {
    let cursor: string | undefined;
    do {
      const page = await this.registry.list(tenantId, { limit: PAGE, ...(cursor !== undefined && { cursor }) });
      yield* page.items;
      cursor = page.nextCursor;
    } while (cursor !== undefined);
  }
}
