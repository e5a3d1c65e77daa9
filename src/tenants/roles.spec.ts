import { describe, expect, it } from 'vitest';
import { can, ROLES, type Action } from './roles.js';

const ACTIONS: Action[] = ['read', 'infer', 'write', 'manage_keys', 'administer'];

describe('roles', () => {
  it('each may do what the one before it may, and more', () => {
    const allowed = [...ROLES].reverse().map((role) => ACTIONS.filter((action) => can(role, action)));
    expect(allowed).toEqual([['read'], ['read', 'infer'], ['read', 'infer', 'write', 'manage_keys'], ACTIONS]);
  });
});
