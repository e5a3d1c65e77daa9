import { RequestMethod, type Type } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { CONTROLLERS } from './controllers.js';
import { PERMISSION, type Permission } from './permission.js';

interface Route {
  readonly name: string;
  readonly path: string;
  readonly permission: Permission | undefined;
}

function routesOf(controller: Type): Route[] {
  const prototype = controller.prototype as Record<string, object>;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler = prototype[name] as object;
    const path = Reflect.getMetadata('path', handler) as string | undefined;
    if (path === undefined || name === 'constructor') return [];
    const method = RequestMethod[Reflect.getMetadata('method', handler) as number];
    const prefix = Reflect.getMetadata('path', controller) as string;
    const permission = (Reflect.getMetadata(PERMISSION, handler) ?? Reflect.getMetadata(PERMISSION, controller)) as
      Permission | undefined;
    return [{ name: `${method} /${prefix}/${path}`.replace(/\/+/g, '/'), path: `/${prefix}/${path}`, permission }];
  });
}

const routes = CONTROLLERS.flatMap(routesOf);

describe('routes', () => {
  it('are found at all', () => expect(routes.length).toBeGreaterThan(15));

  it.each(routes.map((route) => [route.name, route] as const))('%s declares a permission', (_, { permission }) => {
    expect(permission).toBeDefined();
  });

  it('are public only where nothing of a tenant is told', () => {
    const open = routes.filter(({ permission }) => permission === 'public').map(({ name }) => name);
    expect(open.sort()).toEqual(['GET /healthz', 'GET /metrics', 'GET /readyz']);
  });

  it('under /admin need the admin key, and under /v1 a key of a tenant', () => {
    for (const { path, permission } of routes) {
      if (permission === 'public' || permission === undefined) continue;
      expect([path, permission.scope]).toEqual([path, path.includes('/admin/') ? 'service' : 'tenant']);
    }
  });
});
