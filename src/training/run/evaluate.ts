import type { Executor, Program } from '../../engine/executors/executor.js';
import { Graph } from '../../engine/graph.js';
import type { Tensor } from '../../engine/tensor.js';
import type { HeadLabels } from '../../models/heads.js';
import { parseTags, type Tag } from '../../models/tag-scheme.js';
import { accuracy, bestClasses } from '../evaluation/accuracy.js';
import { confusionMatrix } from '../evaluation/confusion-matrix.js';
import { entityScores, tagSpans, type Span } from '../evaluation/entity-f1.js';
import { averageScores, outcomesOf } from '../evaluation/precision-recall.js';
import type { Metrics } from '../events.js';
import { Forward } from '../graph/forward.js';
import { lossSums } from '../step/loss.js';
import { maskLogits } from '../objectives/label-mask.js';
import type { RunModel } from '../step/run-model.js';
import type { Feeds } from '../step/step.js';
import type { TrainingState } from '../step/training-state.js';

/** Loss and answers of validation batches, without dropout. */
export class Evaluation {
  private constructor(
    private readonly graph: Graph,
    private readonly program: Program,
    private readonly model: RunModel,
  ) {}

  /** @param from  −1, or the layer whose input is fed as `entry` */
  static async create(executor: Executor, model: RunModel, from: number): Promise<Evaluation> {
    const graph = new Graph('training-evaluation');
    const { layers } = model.base.config;
    const forward = new Forward(graph, model, { from, to: layers + 1 }, { isTraining: false, lowest: layers });
    const outputs = forward.outputs();
    const { losses, weights, isLabel } = lossSums(forward, outputs);
    graph.output('outputs', model.tasks ? maskLogits(outputs, isLabel) : outputs);
    graph.output('losses', losses);
    graph.output('weights', weights);
    return new Evaluation(graph, await executor.compile(graph), model);
  }

  /**
   * `loss`, the mean over all rows as in training; for single labels `accuracy` and `macro_f1` over rows, or over tokens that
   * have a label; for several labels both over single yes-or-no answers. For tokens also `entity_f1`, micro over entities.
   *
   * @param batches  with targets
   */
  async metrics(batches: AsyncIterable<Feeds>, state: TrainingState, labels: HeadLabels | undefined): Promise<Metrics> {
    const sums = { losses: 0, weights: 0 };
    const [truth, called, tasks]: [number[], number[], number[]] = [[], [], []];
    const entities = this.model.task === 'token_classification' && labels ? new EntityRows(labels.labels) : undefined;
    for await (const feeds of batches) {
      const given = Object.fromEntries(Object.entries(feeds).filter(([name]) => this.graph.inputs.has(name)));
      const parameters = state.feeds((name) => this.graph.inputs.has(name));
      const { outputs, losses, weights } = await this.program.run({ ...given, ...parameters });
      sums.losses += total(losses);
      sums.weights += total(weights);
      if (labels && labels.problem !== 'regression') {
        const own = firstColumns(outputs!, labels.labels.length);
        addAnswers(feeds, own, labels, { truth, called });
        if (this.model.tasks) tasks.push(...(feeds['task']?.data ?? []));
        entities?.add(feeds['targets'], own);
      }
    }
    const loss = sums.losses / sums.weights;
    if (truth.length === 0 || !labels) return { loss };
    const classes = labels.problem === 'multi' ? 2 : labels.labels.length;
    const outcomes = outcomesOf(confusionMatrix(truth, called, classes), classes);
    const macroF1 = averageScores(outcomes).macro.f1;
    return {
      ...{ loss, accuracy: accuracy(truth, called), macro_f1: macroF1 },
      ...(entities && { entity_f1: entities.f1 }),
      ...(this.model.tasks && taskAccuracies(truth, called, tasks, this.model.tasks.names)),
    };
  }

  dispose(): Promise<void> {
    return this.program.dispose();
  }
}

/** `accuracy_<task>` of each task that has rows. @param tasks  of each row */
function taskAccuracies(
  truth: readonly number[],
  called: readonly number[],
  tasks: readonly number[],
  names: readonly string[],
): Record<string, number> {
  const rows = new Map<string, number[]>();
  tasks.forEach((task, row) => {
    const name = names[task] ?? '';
    rows.set(name, [...(rows.get(name) ?? []), row]);
  });
  const of = (values: readonly number[], own: readonly number[]): number[] => own.map((row) => values[row] ?? -1);
  return Object.fromEntries(
    [...rows].map(([name, own]) => [`accuracy_${name}`, accuracy(of(truth, own), of(called, own))]),
  );
}

/** The columns of this run; outputs of several runs are as wide as the widest. */
function firstColumns({ shape, data }: Tensor, own: number): Float32Array {
  const width = shape.at(-1) ?? own;
  const all = data as Float32Array;
  return width === own ? all : all.filter((_, at) => at % width < own);
}

/** Entities of rows of tokens, of which those without a label are passed over. */
class EntityRows {
  private readonly truth: Span[][] = [];
  private readonly called: Span[][] = [];
  private readonly tags: readonly Tag[];

  constructor(private readonly labels: readonly string[]) {
    this.tags = parseTags(labels);
  }

  /** @param targets  [batch, seq]  @param outputs  [batch, seq, labels] */
  add(targets: Tensor | undefined, outputs: Float32Array): void {
    const [rows = 0, seq = 0] = targets?.shape ?? [];
    const best = bestClasses(outputs, this.labels.length);
    for (let row = 0; row < rows; row++) {
      const at = Array.from({ length: seq }, (_, token) => row * seq + token);
      const labelled = at.filter((token) => (targets?.data[token] ?? -100) >= 0);
      this.truth.push(tagSpans(labelled.map((token) => this.tags[targets?.data[token] ?? 0]!)));
      this.called.push(tagSpans(labelled.map((token) => this.tags[best[token] ?? 0]!)));
    }
  }

  get f1(): number {
    return entityScores(this.truth, this.called).micro.f1;
  }
}

function total(tensor: Tensor | undefined): number {
  return Array.from(tensor?.data ?? []).reduce((a, b) => a + b, 0);
}

function addAnswers(
  feeds: Feeds,
  outputs: Float32Array,
  labels: HeadLabels,
  { truth, called }: { truth: number[]; called: number[] },
): void {
  const found = feeds['targets'];
  if (labels.problem === 'multi' && found) {
    const targets = firstColumns(found, labels.labels.length);
    outputs.forEach((logit, at) => {
      truth.push(targets[at] ?? 0);
      called.push(logit > 0 ? 1 : 0);
    });
    return;
  }
  const targets = found?.data ?? [];
  bestClasses(outputs, labels.labels.length).forEach((best, row) => {
    const target = targets[row] ?? -100;
    if (target < 0) return;
    truth.push(target);
    called.push(best);
  });
}
