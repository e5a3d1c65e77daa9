import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { ForbiddenError, UnauthenticatedError } from '../common/errors.js';
import { Authenticator } from '../tenants/authenticator.js';
import type { Principal } from '../tenants/principal.js';
import { can } from '../tenants/roles.js';
import { PERMISSION, type Permission } from './permission.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard; absent on public routes. */
    principal?: Principal;
  }
}

/** Lets a request through when its key may do what the route declares. A route that declares nothing is closed. */
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const permission = this.reflector.getAllAndOverride<Permission | undefined>(PERMISSION, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (permission === 'public') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const principal = await this.authenticator.authenticate(bearerKey(request.headers.authorization));
    if (permission === undefined || !can(principal.role, permission.action)) {
      throw new ForbiddenError(`this key has the role ${principal.role}, which may not do this`);
    }
    if (permission.scope === 'tenant' && principal.tenantId === undefined) {
      throw new ForbiddenError('this route needs a key of a tenant, got the admin key');
    }
    request.principal = principal;
    return true;
  }
}

/** @throws UnauthenticatedError  without `Authorization: Bearer KEY` */
export function bearerKey(header: string | undefined): string {
  const [, key] = /^Bearer +([\x21-\x7e]{1,512}) *$/i.exec(header ?? '') ?? [];
  if (key !== undefined) return key;
  throw new UnauthenticatedError('You need an API key: Authorization: Bearer YOUR_KEY.');
}
