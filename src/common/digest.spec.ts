import { expect, it } from 'vitest';
import { sha256Hex, sha256InSlices } from './digest.js';

const MIB = 1024 * 1024;

it.each([0, 1, 512 * 1024, 512 * 1024 + 1, 3 * MIB])(
  'sha256InSlices of %d bytes is the sha256 of all of them',
  async (size) => {
    const bytes = Uint8Array.from({ length: size }, (_, i) => i * 31);
    expect(await sha256InSlices(bytes)).toBe(sha256Hex(bytes));
  },
);

it('sha256InSlices leaves the event loop its turns', async () => {
  let turns = 0;
  const count = (): void => {
    turns++;
    timer = setImmediate(count);
  };
  let timer = setImmediate(count);
  await sha256InSlices(new Uint8Array(4 * MIB));
  clearImmediate(timer);
  expect(turns).toBeGreaterThanOrEqual(7);
});
