import { expect, it } from 'vitest';
import { VersionLeases } from './version-leases.js';

it('holds a version of one tenant until the last request releases it, each once', () => {
  const leases = new VersionLeases();
  const first = leases.hold([
    { tenantId: 'a', digest: 'x' },
    { tenantId: 'a', digest: 'y' },
  ]);
  const second = leases.hold([{ tenantId: 'a', digest: 'x' }]);
  first();
  first();
  expect([leases.isLeased('a', 'x'), leases.isLeased('a', 'y'), leases.isLeased('b', 'x')]).toEqual([
    true,
    false,
    false,
  ]);
  second();
  expect(leases.isLeased('a', 'x')).toBe(false);
});
