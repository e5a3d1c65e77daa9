import type { Value } from '../../engine/graph.js';
import { nth } from '../../engine/op.js';
import { add } from '../../engine/ops/add.js';
import { div } from '../../engine/ops/div.js';
import { minimum } from '../../engine/ops/minimum.js';
import { mul } from '../../engine/ops/mul.js';
import { reduceSum } from '../../engine/ops/reduce-sum.js';
import { reshape } from '../../engine/ops/reshape.js';
import { sqrt } from '../../engine/ops/sqrt.js';
import { square } from '../../engine/ops/square.js';
import { shapeFault } from '../../engine/op.js';

/** Whether axis 0 of every gradient counts runs, each with a norm of its own. */
export interface ClipOptions {
  readonly perRun?: boolean;
}

/**
 * √Σ g² over all elements of all gradients; with `perRun` over those of each run.
 *
 * @param gradients  float32 of any shapes; with `perRun` [n, …]
 * @returns          [], or [n] with `perRun`
 * @throws ShapeError  when there is no gradient
 */
export function globalNorm(gradients: readonly Value[], { perRun = false }: ClipOptions = {}): Value {
  const sums = gradients.map((g) => {
    const axes = [...g.shape.keys()].slice(perRun ? 1 : 0);
    return reduceSum(square(g), { axes });
  });
  const [first, ...rest] = sums;
  if (!first) throw shapeFault('globalNorm', 'gradients', 'at least one', 'none');
  return sqrt(rest.reduce(add, first));
}

/**
 * g · min(1, maxNorm / (norm + 1e-6)), as `torch.nn.utils.clip_grad_norm_`: a norm below the bound leaves g unchanged.
 *
 * @param gradients  as for `globalNorm`
 * @param maxNorm    [] or a number; with `perRun` also [n]
 * @returns          the scaled gradients, and the norm before clipping
 */
export function clipByGlobalNorm(
  gradients: readonly Value[],
  maxNorm: number | Value,
  options: ClipOptions = {},
): { gradients: Value[]; norm: Value } {
  const norm = globalNorm(gradients, options);
  const factor = minimum(div(maxNorm, add(norm, 1e-6)), 1);
  return { gradients: gradients.map((g) => mul(g, options.perRun ? alongRuns(factor, g) : factor)), norm };
}

/** A value for each run, [n], as [n, 1, …] so that it broadcasts against `like` [n, …]. */
export function alongRuns(perRun: Value, like: Value): Value {
  return reshape(perRun, [nth(perRun.shape, 0), ...like.shape.slice(1).map(() => 1)]);
}
