import type { Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { mul } from '../../engine/ops/mul.js';
import type { UpdateInputs } from './optimizer.js';

/** The gradient of the loss plus ½ · decay · ‖p‖²: g + decay · p. */
export function withPenalty({ p, g, decay }: UpdateInputs): Value {
  return decay === 0 ? g : add(g, mul(p, decay));
}
