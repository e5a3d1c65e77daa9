/** What a key may do: everything, or within its tenant manage, use, or only look. */
export const ROLES = ['admin', 'tenant:admin', 'tenant:user', 'tenant:read'] as const;
export type Role = (typeof ROLES)[number];

export type Action =
  | 'read' // list and download models, adapters, versions
  | 'infer' // classify, embed, fill masks
  | 'write' // import, delete, move aliases
  | 'manage_keys' // keys of the own tenant
  | 'administer'; // tenants, quotas, any key, audit

const ALLOWED: Record<Role, readonly Action[]> = {
  admin: ['read', 'infer', 'write', 'manage_keys', 'administer'],
  'tenant:admin': ['read', 'infer', 'write', 'manage_keys'],
  'tenant:user': ['read', 'infer'],
  'tenant:read': ['read'],
};

export function can(role: Role, action: Action): boolean {
  return ALLOWED[role].includes(action);
}
