import { dim, type Dim, mulDims } from '../../engine/dim.js';
import type { Graph, Value } from '../../engine/graph.js';
import { div } from '../../engine/ops/div.js';
import { equal } from '../../engine/ops/equal.js';
import { gather } from '../../engine/ops/gather.js';
import { greater } from '../../engine/ops/greater.js';
import { iota } from '../../engine/ops/iota.js';
import { mul } from '../../engine/ops/mul.js';
import { reduceSum } from '../../engine/ops/reduce-sum.js';
import { reshape, unsqueeze } from '../../engine/ops/reshape.js';
import { where } from '../../engine/ops/where.js';
import type { Shape } from '../../engine/shape.js';
import { tensor } from '../../engine/tensor.js';
import type { Forward } from '../graph/forward.js';
import { multiTaskLoss } from '../objectives/multi-task.js';
import type { RowLosses } from '../objectives/objective.js';
import { LOG_VARIANCES, type TaskHeads } from './run-model.js';

/** Σ rowWeight · loss and Σ rowWeight · weight, [] with one run, [runs] with several, [tasks] with several tasks. */
export interface LossSums {
  readonly losses: Value;
  readonly weights: Value;
  /** Labels that each row may have, bool [batch, (1,) labels]; all when absent. */
  readonly isLabel?: Value | undefined;
}

/** Objectives that compare embeddings of pairs. */
const PAIRS = new Set(['multiple_negatives', 'cosine_embedding', 'cosine_similarity']);
/** Objectives whose targets are label numbers. */
const BY_NUMBER = new Set(['cross_entropy', 'distillation']);

/**
 * The objective over what the forward pass gives. Graph inputs: `targets` (label numbers int32, or float32 like the
 * outputs), or `anchors` and `positives` int32 [pairs], rows of the batch, and for cosine_similarity `likeness` float32 [pairs]; `teacher` for distillation; `row_weight` float32
 * for each loss; with several tasks `task` int32 [batch]; with several runs `loss_run` int32, the run of each loss in a flat list.
 */
export function lossSums(forward: Forward, outputs: Value): LossSums {
  const { graph, model } = forward;
  const { name } = model.objective;
  const task = model.tasks && forward.task();
  const isLabel = model.tasks && task ? taskMask(graph, model.tasks, task) : labelMask(forward, outputs);
  const rows = PAIRS.has(name)
    ? pairLosses(forward, outputs)
    : model.objective.rowLosses({
        outputs,
        targets: BY_NUMBER.has(name)
          ? graph.input('targets', 'int32', outputs.shape.slice(0, -1))
          : graph.input('targets', 'float32', outputs.shape),
        ...(name === 'distillation' && { teacher: graph.input('teacher', 'float32', outputs.shape) }),
        ...(isLabel && { isLabel }),
      });
  if (model.tasks && task) return { ...byTask(graph, rows, model.tasks.weights.length, task), isLabel };
  return { ...summed(graph, rows, model.runs), isLabel };
}

function pairLosses({ graph, model, run }: Forward, embeddings: Value): RowLosses {
  const pairs = dim('pairs');
  const anchors = graph.input('anchors', 'int32', [pairs]);
  const positives = graph.input('positives', 'int32', [pairs]);
  return model.objective.rowLosses({
    outputs: gather(embeddings, anchors, 0),
    targets: gather(embeddings, positives, 0),
    ...(model.objective.name === 'cosine_similarity' && { likeness: graph.input('likeness', 'float32', [pairs]) }),
    ...(run && { group: gather(run, anchors, 0) }),
  });
}

/** Labels that exist in each row's run, where the runs have unequal label sets: bool [batch, (1,) labels]. */
function labelMask({ graph, model, run }: Forward, outputs: Value): Value | undefined {
  const counts = model.labelCounts;
  const labels = outputs.shape.at(-1);
  if (!run || !counts || typeof labels !== 'number' || counts.every((count) => count === labels)) return undefined;
  const byRun = gather(graph.constant(tensor('int32', [counts.length], Int32Array.from(counts))), run, 0); // [batch]
  const exists = greater(unsqueeze(byRun, [1]), iota(graph, labels)); // [batch, labels]
  return outputs.shape.length === 3 ? unsqueeze(exists, [1]) : exists;
}

function summed(graph: Graph, { losses, weights }: RowLosses, runs: number): LossSums {
  const rowWeight = graph.input('row_weight', 'float32', losses.shape);
  const [weighted, counted] = [mul(losses, rowWeight), mul(weights, rowWeight)];
  if (runs === 1) return { losses: reduceSum(weighted), weights: reduceSum(counted) };
  const flat: Shape = [losses.shape.reduce<Dim>(mulDims, 1)];
  const owner = graph.input('loss_run', 'int32', flat);
  const isOwn = equal(unsqueeze(iota(graph, runs), [1]), unsqueeze(owner, [0])); // [runs, losses]
  // Chosen, not multiplied: a loss that is not a number must not reach the sums of other runs.
  const ofRuns = (value: Value): Value => reduceSum(where(isOwn, reshape(value, flat), 0), { axes: [1] });
  return { losses: ofRuns(weighted), weights: ofRuns(counted) };
}

/** Labels of each row's task: bool [batch, labels]; all where the tasks share them. */
function taskMask(graph: Graph, { owners }: TaskHeads, task: Value): Value | undefined {
  if (!owners) return undefined;
  const byLabel = graph.constant(tensor('int32', [1, owners.length], Int32Array.from(owners)));
  return equal(unsqueeze(task, [1]), byLabel);
}

function byTask(graph: Graph, { losses, weights }: RowLosses, tasks: number, task: Value): LossSums {
  const rowWeight = graph.input('row_weight', 'float32', losses.shape);
  const isOwn = equal(unsqueeze(iota(graph, tasks), [1]), unsqueeze(task, [0])); // [tasks, batch]
  const ofTasks = (value: Value): Value => reduceSum(where(isOwn, mul(value, rowWeight), 0), { axes: [1] });
  return { losses: ofTasks(losses), weights: ofTasks(weights) };
}

/** What a step lessens: the mean loss of each run, or that of all tasks together. */
export function stepLoss(forward: Forward, sums: LossSums): Value {
  const { tasks } = forward.model;
  if (!tasks) return meanOf(sums);
  return multiTaskLoss(sums, tasks.weights, forward.parameters.get(LOG_VARIANCES));
}

/** Σ losses / Σ weights; 0 for a run of which no row counts. */
export function meanOf({ losses, weights }: LossSums): Value {
  const some = greater(weights, 0);
  return where(some, div(losses, where(some, weights, 1)), 0);
}
