import type { Executor, Program } from '../../engine/executors/executor.js';
import { gradients } from '../../engine/gradient.js';
import { Graph, type Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { reduceSum } from '../../engine/ops/reduce-sum.js';
import { Forward, type Stretch } from '../graph/forward.js';
import { balanceLoss } from '../squad/balance.js';
import { usageAfter } from '../squad/expert-usage.js';
import { usageName } from '../squad/squad-shape.js';
import { lossSums, stepLoss } from './loss.js';
import { runFeeds } from './run-feeds.js';
import type { RunModel } from './run-model.js';
import type { StepInputs, StepResult, TrainingStep } from './step.js';
import type { TrainingState } from './training-state.js';
import { addUpdate, type UpdateRule } from './update.js';

export interface StepOptions {
  readonly executor: Executor;
  readonly model: RunModel;
  readonly state: TrainingState;
  readonly rule: UpdateRule;
  /** −1, or the layer whose input is fed as `entry`. */
  readonly from: number;
  /** The lowest layer that is trained. */
  readonly lowest: number;
}

/**
 * A whole step as one program: forward, mean loss of each run, gradients, clipping and optimiser. The losses of the runs are
 * added, which leaves each run's gradients its own, for no parameter of one acts on rows of another.
 */
export async function fusedStep({ executor, model, state, rule, from, lowest }: StepOptions): Promise<TrainingStep> {
  const graph = new Graph('training-step');
  const stretch: Stretch = { from, to: model.base.config.layers + 1 };
  const forward = new Forward(graph, model, stretch, { isTraining: true, lowest });
  const loss = stepLoss(forward, lossSums(forward, forward.outputs()));
  const trained = rule.trained.map(({ name }) => forward.parameters.get(name)) as Value[];
  const penalty = forward.penalty();
  const mean = model.runs === 1 ? loss : reduceSum(loss);
  const total = withBalance(forward, penalty ? add(mean, penalty) : mean);
  addUsage(forward);
  graph.output('loss', loss);
  addUpdate(graph, rule, forward.parameters, gradients(total, trained));
  const program = await executor.compile(graph);
  return {
    masks: forward.dropout.masks,
    run: (inputs) => runFused(program, graph, state, inputs),
    dispose: () => program.dispose(),
  };
}

/** The loss of the tasks, and that of how they share experts. */
function withBalance({ model, squad }: Forward, loss: Value): Value {
  const balance = squad && model.tasks?.balance && balanceLoss(model.tasks.balance, [...squad.loads.values()]);
  return balance ? add(loss, balance) : loss;
}

/** How the tasks use the experts, with this step's choices. */
function addUsage({ graph, model, squad }: Forward): void {
  for (const place of model.trainable.squad?.places ?? []) {
    const load = squad?.loads.get(place.name);
    if (!load) continue;
    const name = usageName(place);
    graph.output(name, usageAfter(graph.input(name, 'float32', load.choices.shape), load.choices));
  }
}

async function runFused(program: Program, graph: Graph, state: TrainingState, inputs: StepInputs): Promise<StepResult> {
  const [batch, ...more] = inputs.parts;
  if (!batch || more.length > 0) throw new Error(`fused step: expected one part, got ${inputs.parts.length}`);
  const targets = state.targets((name) => graph.outputs.has(name));
  const feeds = { ...batch, ...state.feeds((name) => graph.inputs.has(name)), ...runFeeds(graph, inputs) };
  const { loss, grad_norm: norm } = await program.run(feeds, targets);
  const result = { losses: Array.from(loss!.data), gradNorms: Array.from(norm!.data) };
  if ([...result.losses, ...result.gradNorms].every(Number.isFinite)) state.commit(Object.keys(targets));
  return result;
}
