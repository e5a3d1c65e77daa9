import type { Value } from '../../engine/graph.js';

/**
 * What one update reads. Scalars may differ by run: they are [] or shaped so that they broadcast against `p`, e.g.
 * [n, 1, 1] for `p` [n, r, in].
 */
export interface UpdateInputs {
  /** The parameter, float32 of any shape. */
  readonly p: Value;
  /** Its gradient, clipped already; the shape of `p`. */
  readonly g: Value;
  /** State of the optimiser by name, each of the shape of `p`; zeros before the first update. */
  readonly slots: Readonly<Record<string, Value>>;
  /** Learning rate of this step times the parameter's own factor. */
  readonly rate: Value;
  /** Weight decay of this parameter; 0 for none. */
  readonly decay: number | Value;
  /** Number of this update as float32, from 1. */
  readonly step: Value;
}

export interface Updated {
  readonly p: Value;
  readonly slots: Record<string, Value>;
}

/** An update rule as values of a graph: PyTorch's, operation by operation, in float32. */
export interface Optimizer {
  readonly name: string;
  /** Names of the state tensors it keeps for each parameter. */
  readonly slots: readonly string[];
  /** The decay that a parameter subject to weight decay is updated with. */
  readonly weightDecay: number;
  update(inputs: UpdateInputs): Updated;
}
