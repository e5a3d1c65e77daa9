import { findEmbedding, requireNorm, requireSite } from '../../src/models/site-lookup.js';
import type { Trunk } from '../../src/models/base-model.js';
import { relativeBucket } from '../../src/models/relative-bias.js';
import type { NormSite, SiteRole } from '../../src/models/sites.js';

export type Matrix = number[][]; // [rows, width]

/** What an adapter of the row makes of the base's own places. */
export interface NaiveAdapter {
  /** A site's output from its input x and the base's output y. */
  readonly linear?: (role: SiteRole, layer: number, x: Matrix, y: Matrix) => Matrix;
  /** What the end of a block adds to h + i before its norm. */
  readonly block?: (slot: 'attention' | 'ffn', layer: number, at: NaiveBlock) => Matrix;
}

export interface NaiveBlock {
  readonly output: Matrix;
  readonly residual: Matrix;
  readonly norm: (x: Matrix) => Matrix;
}

/**
 * A second, slow forward pass for comparison: one row, no padding, plain loops in float64, gelu only.
 *
 * @returns last hidden states [tokens, hidden]
 */
export function naiveEncode(
  trunk: Trunk,
  ids: Int32Array,
  positions: Int32Array,
  types: Int32Array,
  adapter: NaiveAdapter = {},
): Matrix {
  const { config, sites } = trunk;
  const data = (name: string) => Array.from(trunk.weights.get(name)!.data);
  const norm = (place: NormSite['place'], layer: number, x: Matrix) => {
    const { module } = requireNorm(sites, place, layer);
    return layerNorm(x, data(`${module}.weight`), data(`${module}.bias`), config.epsilon);
  };
  const dense = (module: string, x: Matrix) => linear(x, data(`${module}.weight`), data(`${module}.bias`));
  const site = (role: SiteRole, layer: number, x: Matrix) => {
    const y = dense(requireSite(sites, role, layer).module, x);
    return adapter.linear?.(role, layer, x, y) ?? y;
  };
  const block = (slot: 'attention' | 'ffn', layer: number, output: Matrix, residual: Matrix) => {
    const at = { output, residual, norm: (z: Matrix) => norm(slot, layer, z) };
    const sum = addMatrices(output, residual);
    const added = adapter.block?.(slot, layer, at);
    return at.norm(added ? addMatrices(sum, added) : sum);
  };

  const tables = [
    [findEmbedding(sites, 'word'), ids],
    [findEmbedding(sites, 'token_type'), types],
    [findEmbedding(sites, 'position'), positions],
  ] as const;
  const rows = tables.flatMap(([table, index]) => {
    if (!table) return [];
    const weight = data(`${table.module}.weight`);
    return [Array.from(index, (id) => weight.slice(id * table.width, (id + 1) * table.width))];
  });
  let x = norm('embeddings', -1, rows.reduce(addMatrices));
  if (config.embedding !== config.hidden) x = dense('embeddings_project', x);

  const bias = config.relativeBuckets ? data('encoder.relative_attention_bias.weight') : undefined;
  const width = config.hidden / config.heads;
  for (let layer = 0; layer < config.layers; layer++) {
    const [q, k, v] = (['query', 'key', 'value'] as const).map((role) => site(role, layer, x)) as [
      Matrix,
      Matrix,
      Matrix,
    ];
    const context = q.map((query, i) =>
      query.map((_, column) => {
        const head = Math.floor(column / width);
        const part = (row: readonly number[]) => row.slice(head * width, (head + 1) * width);
        const scores = k.map((key, j) => {
          const score = dot(part(query), part(key)) / Math.sqrt(width);
          return score + (bias ? bias[relativeBucket(j - i) * config.heads + head]! : 0);
        });
        return dot(
          softmax(scores),
          v.map((value) => value[column]!),
        );
      }),
    );
    x = block('attention', layer, site('attention_output', layer, context), x);
    const inner = site('ffn_up', layer, x).map((row) => row.map(gelu));
    x = block('ffn', layer, site('ffn_down', layer, inner), x);
  }
  return x;
}

function linear(x: Matrix, weight: readonly number[], bias: readonly number[]): Matrix {
  return x.map((row) => bias.map((b, o) => b + dot(row, weight.slice(o * row.length, (o + 1) * row.length))));
}

function layerNorm(x: Matrix, gain: readonly number[], bias: readonly number[], epsilon: number): Matrix {
  return x.map((row) => {
    const mean = row.reduce((a, b) => a + b, 0) / row.length;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
    return row.map((value, i) => ((value - mean) / Math.sqrt(variance + epsilon)) * gain[i]! + bias[i]!);
  });
}

export function softmax(scores: readonly number[]): number[] {
  const powers = scores.map((score) => Math.exp(score - Math.max(...scores)));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** x · Φ(x), Φ by the series of the error function, exact to rounding for |x| < 6. */
function gelu(x: number): number {
  const z = x / Math.SQRT2;
  let [term, sum] = [z, z];
  for (let n = 1; n < 120; n++) {
    term *= (-z * z) / n;
    sum += term / (2 * n + 1);
  }
  return (x * (1 + (2 / Math.sqrt(Math.PI)) * sum)) / 2;
}

export function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

export function addMatrices(a: Matrix, b: Matrix): Matrix {
  return a.map((row, i) => row.map((value, j) => value + b[i]![j]!));
}
