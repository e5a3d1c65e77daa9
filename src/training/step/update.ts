import { ShapeError } from '../../common/errors.js';
import type { Graph, Value } from '../../engine/graph.js';
import { mul } from '../../engine/ops/mul.js';
import { sub } from '../../engine/ops/sub.js';
import { alongRuns, clipByGlobalNorm, globalNorm } from '../optim/clip.js';
import type { Optimizer } from '../optim/optimizer.js';
import type { Since } from '../adapt/enlarge.js';
import type { StackedParameter } from './run-model.js';

export interface UpdateRule {
  readonly optimizer: Optimizer;
  readonly runs: number;
  /** Gradients are clipped to `max_norm`. */
  readonly clips: boolean;
  /** Parameters that this step trains, in the order of their gradients. */
  readonly trained: readonly TrainedParameter[];
}

/** A parameter that begins to train after `since` steps; with one run its parts may do so one after another. */
export interface TrainedParameter extends StackedParameter {
  readonly since: Since;
}

/** Name of the state tensor `slot` of a parameter among inputs and outputs. */
export function slotName(slot: string, parameter: string): string {
  return `s.${slot}.${parameter}`;
}

/**
 * Clips the gradients and updates parameters and optimiser state. Graph inputs: `rate`, `max_norm` and
 * `step` (from 1), [] or [runs], and the state. Outputs: `grad_norm` before clipping, and the new tensors under the names of the old.
 */
export function addUpdate(
  graph: Graph,
  rule: UpdateRule,
  parameters: ReadonlyMap<string, Value>,
  gradients: readonly Value[],
): void {
  const { optimizer, runs, trained } = rule;
  const perRun = runs > 1;
  const scalar = (name: string): Value => graph.input(name, 'float32', perRun ? [runs] : []);
  const clipped = rule.clips
    ? clipByGlobalNorm(gradients, scalar('max_norm'), { perRun })
    : { gradients, norm: globalNorm(gradients, { perRun }) };
  graph.output('grad_norm', clipped.norm);
  const rate = scalar('rate');
  const step = scalar('step');
  trained.forEach((parameter, at) => {
    const { name, shape } = parameter;
    const [p, g] = [parameters.get(name), clipped.gradients[at]];
    if (!p || !g) throw new ShapeError(`update: ${name}: expected a value and a gradient, got none`);
    const slots = Object.fromEntries(
      optimizer.slots.map((slot) => [slot, graph.input(slotName(slot, name), 'float32', shape)]),
    );
    const scaled = parameter.rate === 1 ? rate : mul(rate, parameter.rate);
    const own = sinceThen(step, parameter.since);
    const updated = optimizer.update({
      p,
      g,
      slots,
      rate: perRun ? alongRuns(scaled, p) : scaled,
      decay: parameter.decay ? optimizer.weightDecay : 0,
      step: perRun ? alongRuns(own, p) : own,
    });
    graph.output(`p.${name}`, updated.p);
    for (const [slot, value] of Object.entries(updated.slots)) graph.output(slotName(slot, name), value);
  });
}

/** Number of the step counted from each part's own first. */
function sinceThen(step: Value, since: Since): Value {
  if (since === 0) return step;
  return sub(step, typeof since === 'number' ? since : step.graph.constant(since));
}
