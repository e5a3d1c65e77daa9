import { applyDecorators, SetMetadata, type CustomDecorator } from '@nestjs/common';
import { ApiBearerAuth } from '@nestjs/swagger';
import type { Action } from '../tenants/roles.js';

export const PERMISSION = 'tessera:permission';

/** What a route asks of its caller: an action its role must allow, or nothing. */
export type Permission = { readonly action: Action; readonly scope: 'tenant' | 'service' } | 'public';

/** The caller needs a key of a tenant that may do `action`; the route sees that tenant only. */
export function TenantMay(action: Exclude<Action, 'administer'>): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(PERMISSION, { action, scope: 'tenant' } satisfies Permission), ApiBearerAuth());
}

/** The caller needs the admin key. */
export function AdminOnly(): MethodDecorator & ClassDecorator {
  return applyDecorators(
    SetMetadata(PERMISSION, { action: 'administer', scope: 'service' } satisfies Permission),
    ApiBearerAuth(),
  );
}

/** Anyone may call: nothing of a tenant is told. */
export const Public = (): CustomDecorator => SetMetadata(PERMISSION, 'public' satisfies Permission);
