import { Body, Controller, Delete, Get, Param, Post, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { KeysService } from '../../tenants/keys.service.js';
import type { Actor } from '../../tenants/principal.js';
import { Answers } from '../answers.js';
import { AdminOnly } from '../permission.js';
import { CurrentActor } from '../request-context.js';
import { CreateKeyRequest, KeyResponse, KeysQuery, NewKeyResponse } from '../schemas/admin.js';
import { listSchema } from '../schemas/list.js';
import { keyView, listView } from '../views.js';

@Controller('admin/keys')
@ApiTags('admin')
@AdminOnly()
export class KeysController {
  constructor(private readonly keys: KeysService) {}

  @Post()
  @ApiOperation({ summary: 'A new key; its secret is in this answer and nowhere else' })
  @Answers(NewKeyResponse, 201)
  async create(
    @Body({ schema: CreateKeyRequest }) { tenant, role, label, expires_at }: z.output<typeof CreateKeyRequest>,
    @CurrentActor() actor: Actor,
  ) {
    const expiresAt = expires_at === undefined ? undefined : new Date(expires_at);
    const { key, secret } = await this.keys.create({ tenantId: tenant, role, label, expiresAt }, actor);
    return { ...keyView(key), secret };
  }

  @Get()
  @ApiOperation({ summary: 'Keys of a tenant, or, without one, the admin keys' })
  @Answers(listSchema('KeyList', KeyResponse))
  async list(@Query({ schema: KeysQuery }) { tenant }: z.output<typeof KeysQuery>) {
    return listView({ items: await this.keys.list(tenant) }, keyView);
  }

  @Delete(':key')
  @ApiOperation({ summary: 'Revoke a key' })
  @Answers(KeyResponse)
  async revoke(@Param('key') keyId: string, @CurrentActor() actor: Actor) {
    return keyView(await this.keys.revoke({ keyId }, actor));
  }
}
