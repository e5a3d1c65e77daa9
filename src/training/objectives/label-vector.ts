import type { Value } from '../../engine/graph.js';
import { nth, shapeFault } from '../../engine/op.js';
import { dimToString } from '../../engine/dim.js';
import { tensor } from '../../engine/tensor.js';

/** Numbers for each label as a constant [labels]. @throws ShapeError  when there are not as many as logits */
export function labelVector(logits: Value, what: string, values: readonly number[]): Value {
  const labels = nth(logits.shape, -1);
  if (labels !== values.length) {
    throw shapeFault('objective', what, `${dimToString(labels)} numbers`, String(values.length));
  }
  return logits.graph.constant(tensor('float32', [values.length], Float32Array.from(values)));
}
