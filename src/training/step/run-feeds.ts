import type { Graph } from '../../engine/graph.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import type { StepInputs } from './step.js';

/** `rate`, `max_norm` and `step` of a step, those that the graph reads. */
export function runFeeds(graph: Graph, { rates, maxNorms, step }: StepInputs): Record<string, Tensor> {
  const ofRuns = (values: readonly number[]): Tensor =>
    tensor('float32', values.length === 1 ? [] : [values.length], Float32Array.from(values));
  const feeds = {
    rate: ofRuns(rates),
    ...(maxNorms && { max_norm: ofRuns(maxNorms) }),
    step: ofRuns(typeof step === 'number' ? rates.map(() => step) : step),
  };
  return Object.fromEntries(Object.entries(feeds).filter(([name]) => graph.inputs.has(name)));
}
