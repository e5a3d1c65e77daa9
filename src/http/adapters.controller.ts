import { Body, Controller, Delete, Get, Header, Param, Post, Put, Query, Req, StreamableFile } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { Digest } from '../common/digest.js';
import { LineageService } from '../registry/lineage.service.js';
import { RegistryService } from '../registry/registry.service.js';
import { VersionRemovalService } from '../serving/version-removal.service.js';
import type { Actor } from '../tenants/principal.js';
import { AdapterImportService } from './adapter-import.service.js';
import { adapterView, fileView, lineageView, versionView } from './adapter-views.js';
import { Answers } from './answers.js';
import { TenantMay } from './permission.js';
import { CurrentActor, TenantId } from './request-context.js';
import * as schemas from './schemas/adapters.js';
import { DeletedResponse, PageQuery } from './schemas/admin.js';
import { listSchema } from './schemas/list.js';
import { UPLOAD_BODY } from './schemas/upload-body.js';
import { deletedView, listView, pageRequest } from './views.js';

@Controller('v1/adapters')
@ApiTags('adapters')
@TenantMay('read')
export class AdaptersController {
  constructor(
    private readonly imports: AdapterImportService,
    private readonly registry: RegistryService,
    private readonly lineages: LineageService,
    private readonly removal: VersionRemovalService,
  ) {}

  @Post()
  @TenantMay('write')
  @ApiOperation({ summary: 'Import a PEFT or AdapterHub adapter: its files as they are' })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ schema: UPLOAD_BODY })
  @Answers(schemas.ImportResponse, 201)
  async import(@TenantId() tenantId: string, @Req() request: FastifyRequest, @CurrentActor() actor: Actor) {
    const { version, isNew } = await this.imports.import(tenantId, request, actor);
    return { ...versionView(version), is_new: isNew };
  }

  @Get()
  @ApiOperation({ summary: 'Adapters in order of name' })
  @Answers(listSchema('AdapterList', schemas.AdapterResponse))
  async list(@TenantId() tenantId: string, @Query({ schema: PageQuery }) query: z.output<typeof PageQuery>) {
    return listView(await this.registry.list(tenantId, pageRequest(query)), adapterView);
  }

  @Get(':name')
  @ApiOperation({ summary: 'One adapter and its aliases' })
  @Answers(schemas.AdapterResponse)
  async get(@TenantId() tenantId: string, @Param('name') name: string) {
    return adapterView(await this.registry.require(tenantId, name));
  }

  @Delete(':name')
  @TenantMay('write')
  @ApiOperation({ summary: 'Delete an adapter with its aliases and versions; refused while a request uses one' })
  @Answers(DeletedResponse)
  async delete(@TenantId() tenantId: string, @Param('name') name: string, @CurrentActor() actor: Actor) {
    await this.removal.deleteAdapter(tenantId, name, actor);
    return deletedView('adapter', name);
  }

  @Get(':name/versions')
  @ApiOperation({ summary: 'Versions of an adapter, newest first' })
  @Answers(listSchema('VersionList', schemas.VersionResponse))
  async versions(
    @TenantId() tenantId: string,
    @Param('name') name: string,
    @Query({ schema: PageQuery }) query: z.output<typeof PageQuery>,
  ) {
    return listView(await this.registry.versions(tenantId, name, pageRequest(query)), versionView);
  }

  @Delete(':name/versions/:version')
  @TenantMay('write')
  @ApiOperation({ summary: 'Delete a version; refused while an alias points at it or a request uses it' })
  @Answers(DeletedResponse)
  async deleteVersion(
    @TenantId() tenantId: string,
    @Param('name') name: string,
    @Param('version', { schema: schemas.DigestParam }) digest: Digest,
    @CurrentActor() actor: Actor,
  ) {
    await this.removal.deleteVersion(tenantId, { name, digest }, actor);
    return deletedView('adapter.version', `${name}@${digest}`);
  }

  @Get(':name/versions/:version/lineage')
  @ApiOperation({ summary: 'What a version was made from: base, data, seed, hyper-parameters, code, parent' })
  @Answers(schemas.LineageResponse)
  async lineage(
    @TenantId() tenantId: string,
    @Param('name') name: string,
    @Param('version', { schema: schemas.DigestParam }) digest: Digest,
  ) {
    return lineageView(name, await this.lineages.require(tenantId, name, digest));
  }

  @Get(':name/versions/:version/files')
  @ApiOperation({ summary: 'The files of a version as they were uploaded' })
  @Answers(listSchema('FileList', schemas.FileResponse))
  async files(
    @TenantId() tenantId: string,
    @Param('name') name: string,
    @Param('version', { schema: schemas.DigestParam }) digest: Digest,
  ) {
    return listView({ items: await this.registry.files(tenantId, name, digest) }, fileView);
  }

  @Get(':name/versions/:version/files/:file')
  @Header('x-content-type-options', 'nosniff')
  @ApiOperation({ summary: 'One file of a version' })
  async file(
    @TenantId() tenantId: string,
    @Param('name') name: string,
    @Param('version', { schema: schemas.DigestParam }) digest: Digest,
    @Param('file') fileName: string,
  ): Promise<StreamableFile> {
    const { file, body } = await this.registry.openFile(tenantId, { name, digest }, fileName);
    return new StreamableFile(body, { disposition: `attachment; filename="${file.name}"`, length: file.bytes });
  }

  @Put(':name/aliases/:alias')
  @TenantMay('write')
  @ApiOperation({ summary: 'Point an alias at a version, atomically' })
  @Answers(schemas.AdapterResponse)
  async moveAlias(
    @TenantId() tenantId: string,
    @Param('name') name: string,
    @Param('alias') alias: string,
    @Body({ schema: schemas.MoveAliasRequest }) body: z.output<typeof schemas.MoveAliasRequest>,
    @CurrentActor() actor: Actor,
  ) {
    const move = { name, alias, digest: body.version as Digest, expected: body.expected as Digest | null | undefined };
    return adapterView(await this.registry.moveAlias(tenantId, move, actor));
  }

  @Delete(':name/aliases/:alias')
  @TenantMay('write')
  @ApiOperation({ summary: 'Delete an alias' })
  @Answers(DeletedResponse)
  async deleteAlias(
    @TenantId() tenantId: string,
    @Param('name') name: string,
    @Param('alias') alias: string,
    @CurrentActor() actor: Actor,
  ) {
    await this.registry.deleteAlias(tenantId, { name, alias }, actor);
    return deletedView('alias', `${name}@${alias}`);
  }
}
