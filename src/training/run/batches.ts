import { resampledCounts, resampleRows, type Resampling } from '../datasets/resample.js';
import { Random } from '../../common/random.js';

/** Rows that are sorted by length together, in batches: longer ones pad less, shorter ones mix more. */
const GROUP_BATCHES = 32;

export interface BatchPlan {
  readonly seed: number;
  readonly batchSize: number;
  /** Tokens of each example. */
  readonly lengths: readonly number[];
  /** The task of each example: every batch has of each task about its share of the data. */
  readonly tasks?: Int32Array;
  /** Draws rows by their labels; each once when absent. */
  readonly resample?: { readonly labels: Int32Array; readonly kind: Resampling };
}

/**
 * The batches of one epoch: the examples in random order, within groups of batches sorted by length so that rows of one
 * batch are about equally long, the batches in random order again. A function of seed and epoch alone.
 *
 * @param epoch  from 0
 * @returns      numbers of examples; each once, or as often as it is drawn
 */
export function epochBatches(plan: BatchPlan, epoch: number): number[][] {
  const { seed, batchSize, lengths, resample, tasks } = plan;
  const random = Random.stream(seed, 'order', epoch);
  const rows = resample && resampleRows(resample.labels, resample.kind, Random.stream(seed, 'resample', epoch));
  const order = random.permutation(rows?.length ?? lengths.length);
  if (rows) order.forEach((at, i) => (order[i] = rows[at] ?? 0));
  const batches: number[][] = [];
  if (tasks) {
    const mixed = evenlyMixed(order, tasks);
    for (let at = 0; at < mixed.length; at += batchSize) batches.push(mixed.slice(at, at + batchSize));
    return batches;
  }
  for (let start = 0; start < order.length; start += GROUP_BATCHES * batchSize) {
    const group = order.slice(start, start + GROUP_BATCHES * batchSize);
    group.sort((a, b) => (lengths[b] ?? 0) - (lengths[a] ?? 0));
    for (let at = 0; at < group.length; at += batchSize) batches.push(group.slice(at, at + batchSize));
  }
  return random.permutation(batches.length).map((at) => batches[at] ?? []);
}

/** The same rows, those of each task at equal distances. */
function evenlyMixed(order: readonly number[], tasks: Int32Array): number[] {
  const counts = new Map<number, number>();
  const numbers = order.map((row) => {
    const task = tasks[row] ?? 0;
    const number = counts.get(task) ?? 0;
    counts.set(task, number + 1);
    return { row, task, number };
  });
  const place = ({ task, number }: (typeof numbers)[number]): number => (number + 0.5) / (counts.get(task) ?? 1);
  return numbers.sort((one, other) => place(one) - place(other) || one.task - other.task).map(({ row }) => row);
}

/** Batches by step over all epochs; keeps the epoch it is in. */
export class Batches {
  readonly perEpoch: number;
  private epoch = -1;
  private current: number[][] = [];

  constructor(private readonly plan: BatchPlan) {
    this.perEpoch = Math.ceil(rowsOf(plan) / plan.batchSize);
  }

  /** @param step  from 0 */
  at(step: number): readonly number[] {
    const epoch = Math.floor(step / this.perEpoch);
    if (epoch !== this.epoch) {
      this.current = epochBatches(this.plan, epoch);
      this.epoch = epoch;
    }
    return this.current[step % this.perEpoch] ?? [];
  }
}

/** Rows of an epoch. */
function rowsOf({ lengths, resample }: BatchPlan): number {
  if (!resample) return lengths.length;
  const counts: number[] = [];
  for (const label of resample.labels) counts[label] = (counts[label] ?? 0) + 1;
  return resampledCounts(
    Array.from(counts, (count: number | undefined) => count ?? 0),
    resample.kind,
  ).reduce((a, b) => a + b, 0);
}

/** A batch in `parts` consecutive parts of nearly equal size, none of them empty. */
export function splitBatch<T>(batch: readonly T[], parts: number): T[][] {
  const size = Math.ceil(batch.length / parts);
  return Array.from({ length: Math.ceil(batch.length / size) }, (_, at) => batch.slice(at * size, (at + 1) * size));
}
