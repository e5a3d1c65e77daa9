import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tensor } from '../engine/tensor.js';
import { loadCheckpoint, saveCheckpoint } from './checkpoint.js';

let home = '';
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'checkpoint-'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const at = (step: number) => ({
  progress: { fingerprint: 'f', step, trainedTokens: 10 * step, recentLoss: { sum: 1.5, steps: 2 } },
  tensors: new Map([['p.a', tensor('float32', [2], Float32Array.of(step, 1 / 3))]]),
});

describe('checkpoints', () => {
  it('come back as they were saved, the newest first, and only a few are kept', async () => {
    expect(await loadCheckpoint(home, 'f')).toBeUndefined();
    for (const step of [2, 4, 6, 8, 10]) await saveCheckpoint(home, at(step));
    expect(await loadCheckpoint(home, 'f')).toEqual(at(10));
    expect(await readdir(join(home, 'checkpoints'))).toEqual(['step-000000006', 'step-000000008', 'step-000000010']);
  });

  it('that are torn or unfinished are passed over', async () => {
    await saveCheckpoint(home, at(2));
    const torn = await saveCheckpoint(home, at(4));
    await writeFile(join(torn, 'progress.json'), '{"version":1,');
    await mkdir(join(home, 'checkpoints', '.step-000000009'));
    await mkdir(join(home, 'checkpoints', 'step-000000007'));
    expect(await loadCheckpoint(home, 'f')).toEqual(at(2));
  });

  it('of another run are refused', async () => {
    await saveCheckpoint(home, at(2));
    await expect(loadCheckpoint(home, 'other')).rejects.toMatchObject({ code: 'conflict' });
  });

  it('leave the last one alone when the next cannot be written', async () => {
    await saveCheckpoint(home, at(2));
    const broken = { ...at(4), tensors: new Map([['p.a', tensor('float32', [3], new Float32Array(2))]]) };
    await expect(saveCheckpoint(home, broken)).rejects.toThrow();
    expect(await loadCheckpoint(home, 'f')).toEqual(at(2));
  });
});
