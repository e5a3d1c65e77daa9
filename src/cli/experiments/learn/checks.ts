import { LEARN_METHODS } from './methods.js';

/** What the runs of one method on one task reached, and what that took. */
export interface Row {
  readonly task: string;
  readonly method: string;
  /** Of each seed, from 0 to 1. */
  readonly scores: readonly number[];
  /** Before the first step. */
  readonly start: number | undefined;
  readonly trainedParameters: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

export interface Check {
  readonly name: string;
  /** Nothing when rows that it needs are missing. */
  readonly isReached: boolean | undefined;
  /** Where it was missed, or what is missing. */
  readonly detail: string;
}

/** Least noise of one score, in shares: about one standard error of 450 rows at 90 %. */
const NOISE = 0.015;
/** How far the advisor may stay behind the best row of its cost. */
const ADVISOR = 0.015;
/** Rows whose result is an adapter of at most this share of the parameters of the largest cost what the advisor's does. */
const CLASS = 4;

export function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

export function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/** What the experiment is held against, over all tasks. */
export function checksOf(
  rows: readonly Row[],
  tasks: readonly string[],
  majority: ReadonlyMap<string, number>,
): Check[] {
  const find = (task: string, method: string): Row | undefined =>
    rows.find((row) => row.task === task && row.method === method);
  const atLeast = (name: string, better: string, worse: string): Check =>
    overTasks(name, tasks, (task) => {
      const [high, low] = [find(task, better), find(task, worse)];
      if (!high || !low) return undefined;
      const noise = Math.max(NOISE, 2 * Math.max(deviation(high.scores), deviation(low.scores)));
      return mean(high.scores) >= mean(low.scores) - noise ? '' : `${points(high)} against ${points(low)}`;
    });
  return [
    atLeast('full at least LoRA, within noise', 'full', 'lora'),
    atLeast('LoRA at least prompt tuning, within noise', 'lora', 'prompt'),
    atLeast('masked LM on the task’s texts before LoRA at least LoRA, within noise', 'tapt+lora', 'lora'),
    overTasks('every method beats the majority class', tasks, (task) =>
      everyMethod(task, find, (row) => mean(row.scores) > (majority.get(task) ?? Infinity)),
    ),
    overTasks('every method beats its own initialisation', tasks, (task) =>
      everyMethod(task, find, ({ scores, start }) => mean(scores) > (start ?? Infinity)),
    ),
    overTasks('the advisor within 1.5 points of the best row of its cost', tasks, (task) => {
      const advised = find(task, 'advisor');
      if (!advised) return undefined;
      const { trainedParameters: cost } = advised;
      const alike = rows.filter((row) => row.task === task && row.trainedParameters <= CLASS * cost && !isAdapted(row));
      const best = alike.reduce((a, b) => (mean(b.scores) > mean(a.scores) ? b : a));
      const isNear = mean(advised.scores) >= mean(best.scores) - ADVISOR;
      return isNear ? '' : `${points(advised)} against ${points(best)} of ${best.method}`;
    }),
  ];
}

function isAdapted({ method }: Row): boolean {
  return LEARN_METHODS.some(({ name, adaptsFirst }) => name === method && adaptsFirst);
}

/** @param verdict  of a task: nothing when rows are missing, '' when reached, else what was found */
function overTasks(name: string, tasks: readonly string[], verdict: (task: string) => string | undefined): Check {
  const found = tasks.map((task) => [task, verdict(task)] as const);
  const missed = found.filter(([, what]) => what !== undefined && what !== '');
  const open = found.filter(([, what]) => what === undefined).map(([task]) => task);
  const detail = [
    ...missed.map(([task, what]) => `${task}: ${what}`),
    ...(open.length > 0 ? [`not run: ${open.join(', ')}`] : []),
  ];
  const isReached = missed.length > 0 ? false : open.length > 0 ? undefined : true;
  return { name, isReached, detail: detail.join('; ') };
}

/** Judged on the methods that ran; the others leave it open unless one missed. */
function everyMethod(
  task: string,
  find: (task: string, method: string) => Row | undefined,
  isGood: (row: Row) => boolean,
): string | undefined {
  const found = LEARN_METHODS.map(({ name }) => find(task, name));
  const ran = found.filter((row) => row !== undefined);
  const bad = ran.filter((row) => !isGood(row)).map((row) => `${row.method} ${points(row)}`);
  if (bad.length > 0) return bad.join(', ');
  return ran.length < found.length ? undefined : '';
}

export function points({ scores }: Pick<Row, 'scores'>): string {
  return (100 * mean(scores)).toFixed(1);
}
