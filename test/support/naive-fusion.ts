import type { Brick, BottleneckPages } from '../../src/adapters/brick.js';
import type { SiteTable } from '../../src/models/sites.js';
import { bottleneckAt, type NaivePart } from './naive-bricks.js';
import { addMatrices, dot, softmax, type Matrix, type NaiveAdapter } from './naive-encoder.js';

/** A route by AdapterFusion as plain loops read it. */
export interface NaiveFusion {
  readonly members: readonly NaivePart[];
  readonly matrices: Brick;
  readonly input: BottleneckPages['input'];
  /** Shares seen, token by token and place by place. */
  readonly seen: number[][];
}

/**
 * Plain bottlenecks that read LN(h + i), level 0, and above or beside them a fusion: V·Σ softmax((xᵀM + m)·aₑ)·aₑ, each
 * output built by itself, in float64.
 */
export function naiveFusion(
  sites: SiteTable,
  route: NaiveFusion,
  { plain = [], isAbove = false }: { plain?: readonly NaivePart[]; isAbove?: boolean } = {},
): NaiveAdapter {
  return {
    block(slot, layer, { output, residual, norm }) {
      const first = norm(addMatrices(output, residual)).map((input) =>
        sum(
          plain.map(({ brick, weight }) => times(bottleneckAt(brick, { sites, slot, layer, input }), weight)),
          input,
        ),
      );
      const h: Matrix = isAbove ? addMatrices(output, first) : output;
      const x = { normed: () => norm(addMatrices(h, residual)), output: () => h, residual: () => residual }[
        route.input
      ]();
      const fused = x.map((input, token) => fusedAt(route, { sites, slot, layer, input }, token));
      return addMatrices(first, fused);
    },
  };
}

function fusedAt(
  { members, matrices, seen }: NaiveFusion,
  place: Parameters<typeof bottleneckAt>[1],
  token: number,
): number[] {
  const { slot, layer, input, sites } = place;
  const found = matrices.fusion?.[slot];
  const acts = members.some(({ brick }) => brick.bottlenecks.some((one) => one.slot === slot));
  if (!found || !acts) return input.map(() => 0);
  const { hidden } = sites;
  const score = found.score.subarray(layer * hidden * hidden);
  const value = found.value.subarray(layer * hidden * hidden);
  const query = input.map(
    (_, at) =>
      found.offset[layer * hidden + at]! + input.reduce((all, one, row) => all + one * score[row * hidden + at]!, 0),
  );
  const outputs = members.map(({ brick }) => bottleneckAt(brick, place));
  const isOn = members[0]!.isOn?.(token) !== false;
  const shares = softmax(outputs.map((one) => dot(query, one))).map((share) => (isOn ? share : 0));
  if (isOn) seen.push(shares);
  const context = sum(
    outputs.map((one, at) => times(one, shares[at]! * members[at]!.weight)),
    input,
  );
  return input.map((_, out) => dot(context, [...value.subarray(out * hidden, (out + 1) * hidden)]));
}

function times(row: readonly number[], factor: number): number[] {
  return row.map((value) => value * factor);
}

function sum(rows: readonly (readonly number[])[], like: readonly number[]): number[] {
  return like.map((_, at) => rows.reduce((all, row) => all + row[at]!, 0));
}
