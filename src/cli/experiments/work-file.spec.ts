import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { FinishedCell } from './learn/cell.js';
import { WorkFile } from './work-file.js';

const cell = { score: 0.5, start: 0, validation: 0.5, trainedParameters: 1, cpuSeconds: 1, peakBytes: 1, steps: 1 };

it('keeps finished runs over a stop, even one in the middle of a line', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tessera-work-'));
  try {
    const path = join(directory, 'below', 'work.jsonl');
    await (await WorkFile.open<FinishedCell>(path)).add({ key: 'a', ...cell });
    await appendFile(path, '{"key":"b","sco');
    const again = await WorkFile.open<FinishedCell>(path);
    expect([again.find('a')?.score, again.find('b')]).toEqual([0.5, undefined]);
    await again.add({ key: 'b', ...cell });
    expect((await WorkFile.open<FinishedCell>(path)).find('b')?.key).toBe('b');
  } finally {
    await rm(directory, { recursive: true });
  }
});
