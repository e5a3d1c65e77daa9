import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ValidationError } from '../../common/errors.js';
import { optionText, positiveNumber, requireOption } from '../command.js';
import type { Experiment, Findings } from './experiment.js';
import { advisedRequest } from './learn/advised.js';
import type { CellRequest, FinishedCell } from './learn/cell.js';
import { runCellProcess } from './learn/cell-process.js';
import { checksOf, deviation, points, type Row } from './learn/checks.js';
import { majorityScore } from './learn/majority.js';
import { LEARN_METHODS, type LearnMethod } from './learn/methods.js';
import { requestOf, writeSplits, type TaskFiles } from './learn/request.js';
import { LEARN_TASKS, type LearnTask } from './learn/tasks.js';
import { WorkFile } from './work-file.js';

const SEEDS = [0, 1, 2];
/** Cells that run at a time, each on one thread. */
const LANES = 2;
const ADVISOR = 'advisor';

/** One run of the table. */
interface Cell {
  readonly task: LearnTask;
  /** Nothing: what the advisor chooses. */
  readonly row: LearnMethod | undefined;
  readonly seed: number;
}

/** Trains every method on every task. */
export const learn: Experiment = {
  name: 'learn',
  title: 'Methods and tasks',
  options: {
    work: { type: 'string', default: 'data/experiments' },
    only: { type: 'string' },
    'budget-minutes': { type: 'string', default: '120' },
  },
  async run(options, note) {
    const directory = join(requireOption(options, 'work'), 'learn');
    const finished = await WorkFile.open<FinishedCell>(join(directory, 'finished.jsonl'));
    const ready = await prepareTasks(requireOption(options, 'data'), directory);
    const endsAtMs = Date.now() + 60_000 * positiveNumber('budget-minutes', requireOption(options, 'budget-minutes'));
    const isWanted = filterOf(optionText(options, 'only'));
    const waiting = cells().filter((cell) => isWanted(cell) && !finished.find(keyOf(cell)));
    const lane = async (_: unknown, at: number): Promise<void> => {
      const run = join(directory, `run-${at}`);
      for (let cell = waiting.shift(); cell && Date.now() < endsAtMs; cell = waiting.shift()) {
        await rm(run, { recursive: true, force: true });
        const found = await runCellProcess(await cellRequest(cell, ready.get(cell.task.name)!.files, run));
        await finished.add({ key: keyOf(cell), ...found });
        note(`${keyOf(cell)}  ${(100 * found.score).toFixed(1)}  ${found.cpuSeconds.toFixed(0)} s`);
      }
      await rm(run, { recursive: true, force: true });
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    return findings(finished, ready, note);
  },
};

interface Ready {
  readonly files: TaskFiles;
  readonly majority: number;
}

async function prepareTasks(data: string, directory: string): Promise<Map<string, Ready>> {
  const ready = new Map<string, Ready>();
  for (const task of LEARN_TASKS) {
    const splits = await task.read(data);
    const files = await writeSplits(splits, join(directory, task.name));
    ready.set(task.name, { files, majority: majorityScore(task, splits) });
  }
  return ready;
}

/** What the checks need most comes first: the first rows with one seed, then all rows, then the other seeds. */
function cells(): Cell[] {
  const [first = 0, ...others] = SEEDS;
  const rows = [...LEARN_METHODS.slice(0, 4), undefined, ...LEARN_METHODS.slice(4)];
  const once = rows.flatMap((row) => LEARN_TASKS.map((task): Cell => ({ task, row, seed: first })));
  const main = LEARN_METHODS.filter(({ isMain }) => isMain);
  return [
    ...once,
    ...others.flatMap((seed) => main.flatMap((row) => LEARN_TASKS.map((task): Cell => ({ task, row, seed })))),
  ];
}

function keyOf({ task, row, seed }: Cell): string {
  return `${task.name}/${row?.name ?? ADVISOR}/${seed}`;
}

async function cellRequest({ task, row, seed }: Cell, files: TaskFiles, directory: string): Promise<CellRequest> {
  return row ? requestOf(task, row, { files, directory, seed }) : advisedRequest(task, { files, directory, seed });
}

/** `TASK/METHOD`, either of them `*`; several apart by commas. */
function filterOf(only: string | undefined): (cell: Cell) => boolean {
  const patterns = only?.split(',').map((part) => part.split('/'));
  if (patterns?.some((parts) => parts.length !== 2)) {
    throw new ValidationError(`--only: expected TASK/METHOD, got ${String(only)}`);
  }
  return ({ task, row }) =>
    patterns?.some(
      ([wanted, method]) =>
        (wanted === '*' || wanted === task.name) && (method === '*' || method === (row?.name ?? ADVISOR)),
    ) ?? true;
}

function findings(
  finished: WorkFile<FinishedCell>,
  ready: ReadonlyMap<string, Ready>,
  note: (line: string) => void,
): Findings {
  const tasks = LEARN_TASKS.map(({ name }) => name);
  const rows = tasks.flatMap((task) =>
    [...LEARN_METHODS.map(({ name }) => name), ADVISOR].flatMap((method) => rowOf(task, method, finished)),
  );
  const majority = new Map([...ready].map(([task, { majority: score }]) => [task, score]));
  const checks = checksOf(rows, tasks, majority);
  const verdicts = checks.map(({ name, isReached, detail }) => {
    const word = isReached === undefined ? 'open' : isReached ? 'reached' : '**missed**';
    return `- ${name}: ${word}${detail === '' ? '' : ` (${detail})`}`;
  });
  for (const verdict of verdicts) note(verdict);
  return {
    method:
      'tessera-tiny, fp32, one thread, batches of 16, AdamW with linear decay, the default rate of each method. CLINC150 and ' +
      'WNUT17 with all their training rows, Banking77 and SST-2 with 2,000. Score: accuracy of the test split, for WNUT17 ' +
      'micro F1 over entities; the step that is kept is the best on the validation split. Start: the same before the first ' +
      'step. Processor seconds and largest resident memory are of the whole process up to the end of training.',
    seeds: `${SEEDS.join(', ')} for the main methods, else ${SEEDS[0]}`,
    columns: ['task', 'method', 'score', 'start', 'runs', 'trained parameters', 'CPU seconds', 'peak memory'],
    rows: tasks.flatMap((task) => [
      [task, 'majority class', (100 * (majority.get(task) ?? NaN)).toFixed(1), '', '', '0', '', ''],
      ...rows.filter((row) => row.task === task).map(shown),
    ]),
    notes: verdicts,
    isReached: checks.every(({ isReached }) => isReached),
  };
}

function rowOf(task: string, method: string, finished: WorkFile<FinishedCell>): Row[] {
  const runs = SEEDS.map((seed) => finished.find(`${task}/${method}/${seed}`)).filter((run) => run !== undefined);
  if (runs.length === 0) return [];
  const most = (of: (run: FinishedCell) => number): number => Math.max(...runs.map(of));
  return [
    {
      task,
      method,
      scores: runs.map(({ score }) => score),
      start: runs.find(({ start }) => start !== undefined)?.start,
      trainedParameters: most((run) => run.trainedParameters),
      cpuSeconds: most((run) => run.cpuSeconds),
      peakBytes: most((run) => run.peakBytes),
    },
  ];
}

function shown(row: Row): string[] {
  const spread = row.scores.length > 1 ? ` ± ${(100 * deviation(row.scores)).toFixed(1)}` : '';
  return [
    row.task,
    row.method,
    points(row) + spread,
    row.start === undefined ? '' : (100 * row.start).toFixed(1),
    `${row.scores.length}`,
    `${row.trainedParameters}`,
    row.cpuSeconds.toFixed(0),
    `${Math.round(row.peakBytes / 2 ** 20)} MiB`,
  ];
}
