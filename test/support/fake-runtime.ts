import type { Brick } from '../../src/adapters/brick.js';
import { OverloadedError } from '../../src/common/errors.js';
import type { BaseDescription, BatchResult, Row, RowResult, Runtime } from '../../src/runtime/protocol.js';
import { brickBytes } from '../../src/adapters/packed.js';

/** A brick of `pages` pages on one site group, with nothing but zeros in it. */
export function fakeBrick(options: { pages?: number; hidden?: number; labels?: number } = {}): Brick {
  const { pages = 1, hidden = 4, labels = 2 } = options;
  const zeros = (...shape: number[]) => {
    const data = new Float32Array(shape.reduce((product, dim) => product * dim, 1));
    return { dtype: 'float32' as const, shape, data };
  };
  return {
    lowRank: {
      query: { pages, a: new Float32Array(pages * 8 * hidden), b: new Float32Array(pages * 8 * hidden) },
    },
    embeddings: [],
    vectors: {},
    bottlenecks: [],
    head: { kind: 'token', out: { weight: zeros(labels, hidden), bias: zeros(labels) } },
  };
}

/**
 * A runtime without an engine. A row's numbers depend on its tokens, its bricks and nothing else, so that a wrong brick or
 * a swapped row shows; it refuses to run a brick that is not resident, as the real one does.
 */
export class FakeRuntime implements Runtime {
  readonly base: BaseDescription;
  readonly bricks = new Map<string, Brick>();
  readonly batches: Row[][] = [];
  /** Every call in its order, e.g. `load a`. */
  readonly calls: string[] = [];
  isStopped = false;
  /** What `run` waits for; replace it to hold a batch in flight. */
  beforeRun: (rows: readonly Row[]) => Promise<void> = () => Promise.resolve();
  beforeLoad: (id: string) => Promise<void> = () => Promise.resolve();

  constructor(options: { base?: Partial<BaseDescription>; capacityBytes?: number; labels?: number } = {}) {
    this.capacityBytes = options.capacityBytes ?? Infinity;
    this.labels = options.labels ?? 2;
    this.base = {
      name: 'fake-base',
      family: 'bert',
      digest: 'sha256:00',
      layers: 1,
      hidden: 4,
      vocab: 100,
      maxTokens: 64,
      engine: 'fake',
      parameters: 1,
      ...options.base,
    };
  }

  private readonly capacityBytes: number;
  private readonly labels: number;

  get bytes(): number {
    return [...this.bricks.values()].reduce((sum, brick) => sum + brickBytes(brick), 0);
  }

  async load(id: string, brick: Brick): Promise<{ bytes: number }> {
    this.calls.push(`load ${id}`);
    await this.beforeLoad(id);
    const bytes = brickBytes(brick);
    if (this.bytes + bytes > this.capacityBytes) throw new OverloadedError('pool is full');
    this.bricks.set(id, brick);
    return { bytes };
  }

  unload(id: string): Promise<void> {
    this.calls.push(`unload ${id}`);
    this.bricks.delete(id);
    return Promise.resolve();
  }

  async run(rows: readonly Row[]): Promise<BatchResult> {
    this.batches.push([...rows]);
    await this.beforeRun(rows);
    const results = rows.map((row) => this.answer(row));
    const tokens = rows.reduce((sum, { inputIds }) => sum + inputIds.length, 0);
    const longest = Math.max(...rows.map(({ inputIds }) => inputIds.length));
    const fill = tokens / (rows.length * longest);
    return { rows: results, timings: { engineMs: 1, totalMs: 1, rows: rows.length, tokens, fill, variant: 'fake' } };
  }

  stop(): Promise<void> {
    this.isStopped = true;
    return Promise.resolve();
  }

  private answer(row: Row): RowResult {
    for (const { id } of row.bricks) if (!this.bricks.has(id)) throw new Error(`brick ${id} is not resident`);
    if (row.inputIds.some((id) => id < 0 || id >= this.base.vocab)) throw new Error('token id out of range');
    return fakeAnswer(row, this.base, this.labels);
  }
}

/** The numbers the fake gives for a row: an oracle for tests. */
export function fakeAnswer(row: Row, base: BaseDescription, labels: number): RowResult {
  const { task } = row;
  const positions = row.inputIds.length;
  const width = labels * row.heads.length;
  const shape =
    task.kind === 'sequence'
      ? [width]
      : task.kind === 'token'
        ? [positions, width]
        : task.kind === 'masked_lm'
          ? [task.positions.length, base.vocab]
          : task.kind === 'embedding'
            ? [base.hidden]
            : [positions, base.hidden];
  const seed = row.bricks.map(({ id, weight }) => `${id}*${weight}`).join('+') + row.heads.join('+');
  let hash = [...seed].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 9973, 7);
  for (const id of row.inputIds) hash = (hash * 31 + id) % 9973;
  const size = shape.reduce((product, dim) => product * dim, 1);
  return { shape, data: Float32Array.from({ length: size }, (_, i) => Math.sin(hash + i)) };
}
