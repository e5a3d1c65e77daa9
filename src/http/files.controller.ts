import { Controller, Delete, Get, Header, HttpCode, Param, Post, Query, Req, StreamableFile } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import type { z } from 'zod';
import { FilesService } from '../registry/files.service.js';
import type { Actor } from '../tenants/principal.js';
import { Answers } from './answers.js';
import { FileUploadService } from './file-upload.service.js';
import { TenantMay } from './permission.js';
import { CurrentActor, TenantId } from './request-context.js';
import { DeletedResponse } from './schemas/admin.js';
import { FilesQuery, TenantFileResponse } from './schemas/files.js';
import { listSchema } from './schemas/list.js';
import { FILE_BODY } from './schemas/upload-body.js';
import { tenantFileView } from './training-views.js';
import { deletedView, listView } from './views.js';

@Controller('v1/files')
@ApiTags('files')
@TenantMay('read')
export class FilesController {
  constructor(
    private readonly uploads: FileUploadService,
    private readonly files: FilesService,
  ) {}

  @Post()
  @HttpCode(200)
  @TenantMay('write')
  @ApiOperation({ summary: 'Upload a file of training data: JSONL or CSV' })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ schema: FILE_BODY })
  @Answers(TenantFileResponse)
  async upload(@TenantId() tenantId: string, @Req() request: FastifyRequest, @CurrentActor() actor: Actor) {
    return tenantFileView(await this.uploads.upload(tenantId, request, actor));
  }

  @Get()
  @ApiOperation({ summary: 'Files in order of time' })
  @Answers(listSchema('TenantFileList', TenantFileResponse))
  async list(@TenantId() tenantId: string, @Query({ schema: FilesQuery }) query: z.output<typeof FilesQuery>) {
    return listView(await this.files.list(tenantId, query), tenantFileView);
  }

  @Get(':file')
  @ApiOperation({ summary: 'One file' })
  @Answers(TenantFileResponse)
  async get(@TenantId() tenantId: string, @Param('file') fileId: string) {
    return tenantFileView(await this.files.require(tenantId, fileId));
  }

  @Get(':file/content')
  @Header('x-content-type-options', 'nosniff')
  @ApiOperation({ summary: 'The content of a file' })
  async content(@TenantId() tenantId: string, @Param('file') fileId: string): Promise<StreamableFile> {
    const file = await this.files.require(tenantId, fileId);
    return new StreamableFile(await this.files.open(file), { disposition: 'attachment', length: file.bytes });
  }

  @Delete(':file')
  @TenantMay('write')
  @ApiOperation({ summary: 'Delete a file and what was prepared from it; refused while a job needs it' })
  @Answers(DeletedResponse)
  async delete(@TenantId() tenantId: string, @Param('file') fileId: string, @CurrentActor() actor: Actor) {
    await this.files.delete(tenantId, fileId, actor);
    return deletedView('file', fileId);
  }
}
