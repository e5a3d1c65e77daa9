import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomBase } from '../../test/support/random-base.js';
import { BRICK_KINDS, randomBrick } from '../../test/support/random-brick.js';
import { SeededRandom } from '../../test/support/seeded-random.js';
import { createOnnxExecutor } from '../engine/executors/onnx.js';
import { EngineHost } from './engine-host.js';
import type { Row, RowTask } from './protocol.js';

const TOLERANCE = 2e-5;
const base = randomBase();
const random = new SeededRandom(5);
let cacheDir: string;
let host: EngineHost;

beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), 'engine-host-'));
  host = await newHost();
  for (const [index, kind] of BRICK_KINDS.entries())
    await host.load(
      kind,
      randomBrick(kind, base.sites, { seed: index + 10, pages: (index % 3) + 1, labels: 2 + (index % 4) }),
    );
});

afterAll(async () => {
  await host.stop();
  await rm(cacheDir, { recursive: true });
});

async function newHost(options: { maxVariants?: number } = {}): Promise<EngineHost> {
  const executor = await createOnnxExecutor({ provider: 'cpu', threads: 1, cacheDir });
  return new EngineHost({ name: 'tiny', base, executor, ...options });
}

function row(brick: string | undefined, options: { tokens?: number; task?: RowTask; weight?: number } = {}): Row {
  const { tokens = random.integer(1, 12), task = { kind: 'sequence' }, weight = 1 } = options;
  return {
    inputIds: random.integers(tokens, 2, base.config.vocab),
    tokenTypeIds: random.integers(tokens, 0, 2),
    bricks: brick === undefined ? [] : [{ id: brick, weight }],
    head: brick ?? 'base',
    task,
  };
}

async function alone(on: EngineHost, one: Row): Promise<Float32Array> {
  return (await on.run([one])).rows[0]!.data;
}

function distance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Infinity;
  return a.reduce((max, x, index) => Math.max(max, Math.abs(x - b[index]!)), 0);
}

async function expectEachAsAlone(rows: Row[]): Promise<void> {
  const together = await host.run(rows);
  for (const [index, one] of rows.entries())
    expect(distance(together.rows[index]!.data, await alone(host, one)), `row ${index}`).toBeLessThan(TOLERANCE);
}

describe('a batch', () => {
  it('answers every kind of brick and the bare base together as each alone', async () => {
    await expectEachAsAlone([...BRICK_KINDS, undefined].map((kind) => row(kind)));
  });

  it.each(BRICK_KINDS)('%s changes the answer, and a bare row beside it does not change', async (kind) => {
    const bare = row(undefined, { tokens: 7 });
    const adapted = { ...bare, bricks: [{ id: kind, weight: 1 }] };
    const { rows } = await host.run([bare, adapted]);
    expect(distance(rows[1]!.data, rows[0]!.data)).toBeGreaterThan(100 * TOLERANCE);
    expect(distance(rows[0]!.data, await alone(host, bare))).toBeLessThan(TOLERANCE);
  });
});
