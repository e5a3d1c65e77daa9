import 'reflect-metadata';
import type { ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { describe, expect, it } from 'vitest';
import { UnauthenticatedError } from '../common/errors.js';
import type { Authenticator } from '../tenants/authenticator.js';
import type { Principal } from '../tenants/principal.js';
import { AuthGuard, bearerKey } from './auth.guard.js';
import { AdminOnly, Public, TenantMay } from './permission.js';

const PRINCIPALS: Record<string, Principal> = {
  admin: { keyId: '1', role: 'admin', tenantId: undefined },
  owner: { keyId: '2', role: 'tenant:admin', tenantId: 't' },
  reader: { keyId: '3', role: 'tenant:read', tenantId: 't' },
};

class Routes {
  @Public() open(): void {}
  @TenantMay('write') write(): void {}
  @AdminOnly() admin(): void {}
  undeclared(): void {}
}

async function enter(route: keyof Routes, key?: string): Promise<Principal | undefined> {
  const authenticate = async (secret: string): Promise<Principal> => {
    const principal = PRINCIPALS[secret];
    if (principal === undefined) throw new UnauthenticatedError('unknown');
    return principal;
  };
  const request: { headers: object; principal?: Principal } = {
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
  };
  const context = {
    getHandler: () => Reflect.get(Routes.prototype, route) as object,
    getClass: () => Routes,
    switchToHttp: () => ({ getRequest: () => request }),
  };
  const guard = new AuthGuard(new Reflector(), { authenticate } as unknown as Authenticator);
  expect(await guard.canActivate(context as unknown as ExecutionContext)).toBe(true);
  return request.principal;
}

describe('AuthGuard', () => {
  it('lets anyone through where the route is public', async () => expect(await enter('open')).toBeUndefined());

  it('lets a key through that may do what the route declares, and notes whose it is', async () => {
    expect(await enter('write', 'owner')).toBe(PRINCIPALS['owner']);
    expect(await enter('admin', 'admin')).toBe(PRINCIPALS['admin']);
  });

  it.each([
    ['write', undefined, 401],
    ['write', 'nobody', 401],
    ['write', 'reader', 403],
    ['write', 'admin', 403],
    ['admin', 'owner', 403],
    ['undeclared', 'admin', 403],
    ['undeclared', 'owner', 403],
  ] as const)('refuses %s to %s with %i', async (route, key, status) => {
    await expect(enter(route, key)).rejects.toMatchObject({ status });
  });
});

describe('bearerKey', () => {
  it('reads the scheme in any case, and nothing but one word after it', () => {
    expect(bearerKey('bearer abc ')).toBe('abc');
    for (const header of [undefined, '', 'abc', 'Basic abc', 'Bearer', 'Bearer a b', `Bearer ${'a'.repeat(513)}`]) {
      expect(() => bearerKey(header)).toThrow(UnauthenticatedError);
    }
  });
});
