import type { Executor } from '../../engine/executors/executor.js';
import type { Since } from '../adapt/enlarge.js';
import type { Stretch } from '../graph/forward.js';
import type { Optimizer } from '../optim/optimizer.js';
import { fusedStep } from './fused-step.js';
import type { RunModel, StackedParameter } from './run-model.js';
import { splitStep } from './split-step.js';
import type { TrainingStep } from './step.js';
import type { TrainingState } from './training-state.js';
import type { TrainedParameter } from './update.js';

export interface MakeStepOptions {
  readonly executor: Executor;
  readonly model: RunModel;
  readonly state: TrainingState;
  readonly optimizer: Optimizer;
  /** Gradients are clipped to a norm that each step is told. */
  readonly clips: boolean;
  /** Parts of a batch whose gradients are added up. */
  readonly parts?: number;
  /** Each layer is computed again in the backward pass instead of being kept. */
  readonly checkpoints?: boolean;
  /** −1, or the layer whose input is fed as `entry`. */
  readonly from?: number;
  /** The step at which a parameter began to train; it is not trained where there is none. All from 0 when absent. */
  readonly since?: (parameter: StackedParameter) => Since | undefined;
}

/** The cheapest program that does the step: one for all, or several where gradients are accumulated or checkpointed. */
export function makeStep({
  parts = 1,
  checkpoints = false,
  from = -1,
  ...options
}: MakeStepOptions): Promise<TrainingStep> {
  const { executor, model, state, optimizer, clips, since = () => 0 } = options;
  const trained = model.parameters.flatMap((parameter): TrainedParameter[] => {
    const start = since(parameter);
    return start === undefined ? [] : [{ ...parameter, since: start }];
  });
  const { layers } = model.base.config;
  const lowest = trained.reduce((least, { layer }) => Math.min(least, layer), layers);
  const rule = { optimizer, runs: model.runs, clips, trained };
  const made = { executor, model, state, rule, from, lowest };
  if (parts === 1 && !checkpoints) return fusedStep(made);
  const end = layers + 1;
  return splitStep({
    ...made,
    stretches: checkpoints ? byLayer(from, Math.max(lowest, 0), layers) : [{ from, to: end }],
  });
}

/** What is frozen together with the first trained layer, then layer by layer, the head with the last. */
function byLayer(from: number, lowest: number, layers: number): Stretch[] {
  const cuts = Array.from({ length: Math.max(0, layers - lowest - 1) }, (_, i) => lowest + 1 + i);
  const starts = [from, ...cuts.filter((cut) => cut > from)];
  return starts.map((start, at) => ({ from: start, to: starts[at + 1] ?? layers + 1 }));
}
