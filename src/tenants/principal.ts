import type { Role } from './roles.js';

/** Who calls: the key, what it may do, and its tenant (absent only for the role `admin`). */
export interface Principal {
  readonly keyId: string;
  readonly role: Role;
  readonly tenantId: string | undefined;
}

/** Who did something, for the audit; without a key: the system itself. */
export interface Actor {
  readonly keyId?: string;
  readonly requestId?: string;
}

/** The service itself, at boot and in background jobs. */
export const SYSTEM: Actor = {};
