import { beforeAll, describe, expect, it } from 'vitest';
import { naiveEncode } from '../../test/support/naive-encoder.js';
import { TINY_MODEL_TYPES, tinyTrunk } from '../../test/support/tiny-model.js';
import { dim } from '../engine/dim.js';
import type { Executor } from '../engine/executors/executor.js';
import { createTfjsExecutor } from '../engine/executors/tfjs.js';
import { Graph, type Value } from '../engine/graph.js';
import { tensor, type Tensor } from '../engine/tensor.js';
import type { Trunk } from './base-model.js';
import { buildEmbeddings, buildEncoder, buildLayers } from './encoder.js';
import { encoderInputs } from './encoder-inputs.js';
import { positionIds } from './position-ids.js';
import { baseHooks, type RowHooks } from './row-hooks.js';

let executor: Executor;
beforeAll(async () => {
  executor = await createTfjsExecutor({ backend: 'cpu' });
});

const ROWS = [
  [2, 5, 9, 11, 3],
  [2, 7, 3],
  [2, 30, 31, 32, 33, 34, 35, 36, 3],
];

interface Feeds {
  readonly rows?: readonly (readonly number[])[];
  /** Length to pad to. */
  readonly seq?: number;
  readonly hooks?: (graph: Graph) => RowHooks;
  readonly extra?: Record<string, Tensor>;
  readonly asks?: 'first';
}

/** Hidden states of each row, padding cut off. */
async function encode(trunk: Trunk, { rows = ROWS, seq, hooks, extra, asks }: Feeds = {}): Promise<number[][]> {
  const graph = new Graph('encoder');
  const inputs = encoderInputs(graph, trunk.config);
  const all = (): Value => buildEncoder(graph, trunk, inputs, hooks?.(graph));
  const first = (): Value => {
    const entry = { x: buildEmbeddings(graph, trunk, inputs), attention_mask: inputs.attention_mask };
    return buildLayers(graph, trunk, entry, baseHooks, { asks: 'first' });
  };
  graph.output('x', asks === 'first' ? first() : all());
  const program = await executor.compile(graph);
  const length = seq ?? Math.max(...rows.map((row) => row.length));
  const padded = (values: (row: readonly number[]) => ArrayLike<number>, padding: number) =>
    tensor(
      'int32',
      [rows.length, length],
      Int32Array.from(rows.flatMap((row) => [...Array.from(values(row)), ...Array<number>(length - row.length).fill(padding)])),
    );
  const { x } = await program.run({
    input_ids: padded((row) => row, trunk.config.padTokenId),
    position_ids: padded((row) => positionIds(trunk.config, Int32Array.from(row)), 0),
    attention_mask: padded((row) => row.map(() => 1), 0),
    ...(trunk.config.tokenTypes > 0 && { token_type_ids: padded((row) => typesOf(trunk, row), 0) }),
    ...extra,
  });
  await program.dispose();
  const { hidden } = trunk.config;
  const data = x!.data as Float32Array;
  if (asks) return rows.map((_, i) => Array.from(data.subarray(i * hidden, (i + 1) * hidden)));
  return rows.map((row, i) => Array.from(data.subarray(i * length * hidden, (i * length + row.length) * hidden)));
}

function typesOf({ config }: Trunk, row: readonly number[]): number[] {
  return row.map((_, index) => (config.tokenTypes > 1 && index > 1 ? 1 : 0));
}

function largestDifference(a: readonly number[][], b: readonly number[][]): number {
  expect(a.map((row) => row.length)).toEqual(b.map((row) => row.length));
  return Math.max(...a.flatMap((row, i) => row.map((value, j) => Math.abs(value - b[i]![j]!))));
}

describe.each(TINY_MODEL_TYPES)('the encoder of %s', (modelType) => {
  const trunk = tinyTrunk({ modelType });

  it('equals plain loops in float64', async () => {
    const expected = ROWS.map((row) => {
      const ids = Int32Array.from(row);
      return naiveEncode(trunk, ids, positionIds(trunk.config, ids), Int32Array.from(typesOf(trunk, row))).flat();
    });
    expect(largestDifference(await encode(trunk), expected)).toBeLessThan(2e-5);
  });

  it('answers a row the same alone, in a batch and with more padding', async () => {
    const together = await encode(trunk);
    const apart = await Promise.all(ROWS.map(async (row) => (await encode(trunk, { rows: [row] }))[0]!));
    expect(largestDifference(together, apart)).toBeLessThan(1e-5);
    expect(largestDifference(together, await encode(trunk, { seq: 20 }))).toBeLessThan(1e-5);
  });

  it('stays finite in a row that is all padding, and in a row of one token', async () => {
    const attention_mask = tensor('int32', [2, 3], new Int32Array(6));
    const masked = await encode(trunk, { rows: [ROWS[1]!, [2, 3, 4]], extra: { attention_mask } });
    const [single] = await encode(trunk, { rows: [[2]] });
    expect([...masked.flat(), ...single!].every(Number.isFinite)).toBe(true);
  });

  it('passes every site, norm, table and block through its hook once', async () => {
    const seen: string[] = [];
    const hooks = (): RowHooks => ({
      embedding: (site, rows, ids) => (seen.push(site.module), baseHooks.embedding(site, rows, ids)),
      linear: (site, x, weight, bias) => (seen.push(site.module), baseHooks.linear(site, x, weight, bias)),
      norm: (site, x, gain, bias, epsilon) => (seen.push(site.module), baseHooks.norm(site, x, gain, bias, epsilon)),
      prefix: (layer) => (seen.push(`prefix ${layer}`), undefined),
      block: (slot, layer, h, i, norm) => (seen.push(`${slot} ${layer}`), baseHooks.block(slot, layer, h, i, norm)),
    });
    const { sites, norms, embeddings } = trunk.sites;
    const modules = [...sites, ...norms, ...embeddings].map(({ module }) => module);
    const others = ['prefix 0', 'attention 0', 'ffn 0', 'prefix 1', 'attention 1', 'ffn 1'];
    const changed = await encode(trunk, { hooks });
    expect(seen.toSorted()).toEqual([...modules, ...others].toSorted());
    expect(largestDifference(changed, await encode(trunk))).toBe(0);
  });
});

it('an ELECTRA whose embeddings are as wide as its layers has no projection', async () => {
  const trunk = tinyTrunk({ modelType: 'electra', config: { embedding_size: 12 } });
  expect([...trunk.weights.keys()].filter((name) => name.startsWith('embeddings_project'))).toEqual([]);
  const ids = Int32Array.from(ROWS[0]!);
  const types = Int32Array.from(typesOf(trunk, ROWS[0]!));
  const expected = naiveEncode(trunk, ids, positionIds(trunk.config, ids), types).flat();
  expect(largestDifference(await encode(trunk, { rows: [ROWS[0]!] }), [expected])).toBeLessThan(2e-5);
});

describe('prefix keys and values', () => {
  it.each(TINY_MODEL_TYPES)('gives the first position of %s as it is among all, where it alone is asked for', async (modelType) => {
    const trunk = tinyTrunk({ modelType });
    const [all, first] = [await encode(trunk), await encode(trunk, { asks: 'first' })];
    first.forEach((state, row) => {
      expect(state).toHaveLength(trunk.config.hidden);
      state.forEach((value, at) => expect(value).toBeCloseTo(all[row]![at]!, 5));
    });
  });

  const trunk = tinyTrunk({ modelType: 'bert' });
  const prefixFeeds = (mask: readonly number[]) => ({
    keys: tensor('float32', [3, 2, 12], Float32Array.from({ length: 72 }, (_, i) => Math.sin(i))),
    values: tensor('float32', [3, 2, 12], Float32Array.from({ length: 72 }, (_, i) => Math.cos(i))),
    prefix_mask: tensor('int32', [3, 2], Int32Array.from(mask)),
  });
  const hooks = (graph: Graph): RowHooks => {
    const [batch, prefix] = [dim('batch'), dim('prefix')];
    const keys = graph.input('keys', 'float32', [batch, prefix, 12]);
    const values = graph.input('values', 'float32', [batch, prefix, 12]);
    const mask = graph.input('prefix_mask', 'int32', [batch, prefix]);
    return { ...baseHooks, prefix: () => ({ keys, values, mask }) };
  };

  it('leave a row alone whose prefix mask is 0, and change the others', async () => {
    const [plain, prefixed] = [await encode(trunk), await encode(trunk, { hooks, extra: prefixFeeds([0, 0, 1, 1, 1, 0]) })];
    expect(largestDifference([plain[0]!], [prefixed[0]!])).toBeLessThan(1e-6);
    expect(largestDifference([plain[1]!], [prefixed[1]!])).toBeGreaterThan(1e-2);
    expect(largestDifference([plain[2]!], [prefixed[2]!])).toBeGreaterThan(1e-2);
  });

  it('are refused on a base with relative attention bias', async () => {
    const mpnet = tinyTrunk({ modelType: 'mpnet' });
    const refused = encode(mpnet, { hooks, extra: prefixFeeds([0, 0, 0, 0, 0, 0]) });
    await expect(refused).rejects.toThrow('prefix tuning: expected a base without relative attention bias, got mpnet');
  });
});

describe('a trunk that does not fit', () => {
  it('names the weight it lacks', async () => {
    const trunk = tinyTrunk({ modelType: 'bert' });
    const weights = new Map(trunk.weights);
    weights.delete('encoder.layer.1.output.dense.bias');
    await expect(encode({ ...trunk, weights })).rejects.toThrow('encoder.layer.1.output.dense.bias: expected a tensor');
  });

  it('wants token type ids where the family has a table for them', () => {
    const trunk = tinyTrunk({ modelType: 'bert' });
    const graph = new Graph('no types');
    const { token_type_ids: _, ...inputs } = encoderInputs(graph, trunk.config);
    expect(() => buildEncoder(graph, trunk, inputs)).toThrow('token_type ids: expected a value, got none');
  });
});
