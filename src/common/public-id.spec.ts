import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { fromPublicId, toPublicId } from './public-id.js';

it('gives the UUID back for its own kind, and nothing for any other text', () => {
  const uuid = randomUUID();
  const id = toPublicId('file', uuid);
  expect(id).toMatch(/^file-[0-9a-f]{32}$/);
  expect(fromPublicId('file', id)).toBe(uuid);
  for (const other of [toPublicId('ftjob', uuid), uuid, id.toUpperCase(), `${id}0`, id.slice(0, -1), 'file-', '']) {
    expect(fromPublicId('file', other), other).toBeUndefined();
  }
});
