import { add } from '../../engine/ops/add.js';
import { div } from '../../engine/ops/div.js';
import { maximum } from '../../engine/ops/maximum.js';
import { mul } from '../../engine/ops/mul.js';
import { sqrt } from '../../engine/ops/sqrt.js';
import { square } from '../../engine/ops/square.js';
import { sub } from '../../engine/ops/sub.js';
import { tanh } from '../../engine/ops/tanh.js';
import type { Value } from '../../engine/graph.js';
import type { Updated, UpdateInputs } from './optimizer.js';
import { requireSlot } from './require-slot.js';

export interface MomentOptions {
  readonly betas: readonly [number, number];
  readonly epsilon: number;
  readonly amsgrad: boolean;
}

/** State of Adam: first moment, second moment, and with AMSGrad the largest second moment so far. */
export function momentSlots({ amsgrad }: MomentOptions): string[] {
  return amsgrad ? ['mean', 'square', 'largest'] : ['mean', 'square'];
}

/**
 * Adam's step, p − rate · m̂ / (√v̂ + ε), with m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², m̂ = m / (1 − β₁ᵗ),
 * v̂ = v / (1 − β₂ᵗ); with AMSGrad v̂ is that of the largest v so far. The corrections are applied to the rate and to √v,
 * as PyTorch does, so that no tensor is divided more often than once.
 *
 * Kingma and Ba 2015, "Adam", Algorithm 1, arXiv:1412.6980; Reddi et al. 2018, Algorithm 2, arXiv:1904.09237.
 */
export function stepByMoments({ p, g, slots, rate, step }: UpdateInputs, options: MomentOptions): Updated {
  const [beta1, beta2] = options.betas;
  const mean = add(mul(requireSlot(slots, 'mean'), beta1), mul(g, 1 - beta1));
  const second = add(mul(requireSlot(slots, 'square'), beta2), mul(square(g), 1 - beta2));
  const largest = options.amsgrad ? maximum(requireSlot(slots, 'largest'), second) : second;
  const scale = div(1, sqrt(oneMinusPower(beta2, step))); // broadcast against p
  const denominator = add(mul(sqrt(largest), scale), options.epsilon);
  const size = div(rate, oneMinusPower(beta1, step));
  return {
    p: sub(p, mul(div(mean, denominator), size)),
    slots: { mean, square: second, ...(options.amsgrad ? { largest } : {}) },
  };
}

/**
 * 1 − βᵗ = −expm1(t · ln β) = −2·tanh(y) / (1 − tanh(y)) with y = t · ln β / 2: unlike the subtraction it loses no digits
 * in float32 where βᵗ is close to 1.
 */
export function oneMinusPower(beta: number, step: Value): Value {
  if (beta === 0) return step.graph.scalar(1);
  const t = tanh(mul(step, Math.log(beta) / 2));
  return div(mul(t, -2), sub(1, t));
}
