import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOnnxExecutor } from '../../src/engine/executors/onnx.js';
import { createTfjsExecutor } from '../../src/engine/executors/tfjs.js';
import { EngineHost, type HostedBase } from '../../src/runtime/engine-host.js';
import type { Row, RowTask } from '../../src/runtime/protocol.js';
import { SeededRandom } from './seeded-random.js';

const open: { host: EngineHost; cacheDir: string }[] = [];

/** An engine on the CPU with files in a temporary folder; `closeHosts` ends it. On ONNX Runtime unless told otherwise. */
export async function tinyHost(
  base: HostedBase,
  { engine = 'onnx', ...options }: { maxVariants?: number; engine?: 'onnx' | 'tfjs' } = {},
): Promise<EngineHost> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'tessera-host-'));
  const executor =
    engine === 'tfjs'
      ? await createTfjsExecutor({ backend: 'cpu' })
      : await createOnnxExecutor({ provider: 'cpu', threads: 1, cacheDir });
  const host = new EngineHost({ name: 'tiny', base, executor, ...options });
  open.push({ host, cacheDir });
  return host;
}

/** Stops the hosts of this file and deletes their files; for `afterAll`. */
export async function closeHosts(): Promise<void> {
  for (const { host, cacheDir } of open.splice(0)) {
    await host.stop();
    await rm(cacheDir, { recursive: true });
  }
}

/** Makes rows of random tokens for one base. */
export class RowMaker {
  private readonly random: SeededRandom;

  constructor(
    private readonly base: HostedBase,
    seed: number,
  ) {
    this.random = new SeededRandom(seed);
  }

  /** A row of `brick` (or the bare base) with 1 to 12 tokens, answered by the brick's head. */
  row(brick?: string, options: { tokens?: number; task?: RowTask; weight?: number } = {}): Row {
    const { tokens = this.random.integer(1, 13), task = { kind: 'sequence' }, weight = 1 } = options;
    return {
      inputIds: this.random.integers(tokens, 2, this.base.config.vocab),
      ...(this.base.config.tokenTypes > 1 && { tokenTypeIds: this.random.integers(tokens, 0, 2) }),
      bricks: brick === undefined ? [] : [{ id: brick, weight }],
      heads: [brick ?? 'base'],
      task,
    };
  }
}

export async function answerOf(host: EngineHost, row: Row): Promise<Float32Array> {
  return (await host.run([row])).rows[0]!.data;
}

/** Largest |aᵢ − bᵢ|; infinite for unlike lengths. */
export function distance(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Infinity;
  return a.reduce((max, x, index) => Math.max(max, Math.abs(x - b[index]!)), 0);
}
