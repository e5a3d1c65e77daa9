import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { positiveNumber, requireOption } from '../command.js';
import { cutChecks, hubCheck, orderChecks, shownScore, type ScoredRow } from './compose/checks.js';
import { readDomains, type Domain } from './compose/domains.js';
import { Examiner } from './compose/examiner.js';
import { planRuns, type PlannedRun } from './compose/plan.js';
import { prepareBase, questionsOf, withRuntime, type Prepared } from './compose/prepare.js';
import { runInProcess, type FinishedRun } from './compose/runs.js';
import { readBrick, type Stage } from './compose/stage.js';
import { COMPOSE_ROWS } from './compose/table.js';
import type { Experiment, Findings } from './experiment.js';
import { WorkFile } from './work-file.js';

/** Runs at a time, each on one thread. */
const LANES = 2;

interface Scored {
  readonly key: string;
  readonly accuracy: number;
  readonly what: string;
  readonly isReached?: boolean;
}

/** Ten domains as ten tenants' bricks under one head: every way to compose them, on the texts of all. */
export const compose: Experiment = {
  name: 'compose',
  title: 'Compositions',
  options: {
    work: { type: 'string', default: 'data/experiments' },
    seeds: { type: 'string', default: '3' },
    'budget-minutes': { type: 'string', default: '120' },
  },
  async run(options, note) {
    const directory = join(requireOption(options, 'work'), 'compose');
    const endsAtMs = Date.now() + 60_000 * positiveNumber('budget-minutes', requireOption(options, 'budget-minutes'));
    const seeds = Array.from({ length: positiveNumber('seeds', requireOption(options, 'seeds')) }, (_, seed) => seed);
    const domains = await readDomains(requireOption(options, 'data'));
    const prepared = await prepareBase(domains, join(directory, 'base'));
    const runs = await planRuns(domains, prepared.directory, directory, seeds);
    const finished = await WorkFile.open<FinishedRun>(join(directory, 'runs.jsonl'));
    await trainAll(runs, finished, { endsAtMs, note });
    const scored = await WorkFile.open<Scored>(join(directory, 'scores.jsonl'));
    for (const seed of seeds) {
      const files = filesOf(runs, finished, seed);
      if (files === undefined || Date.now() >= endsAtMs) continue;
      await withRuntime(prepared.directory, async (runtime) => {
        const examiner = new Examiner(runtime);
        await askAll(await openStage({ runtime, examiner, seed, domains, files }, prepared), scored, note);
      });
    }
    return findings(scored, { prepared, seeds, note });
  },
};

async function trainAll(
  runs: readonly PlannedRun[],
  finished: WorkFile<FinishedRun>,
  { endsAtMs, note }: { endsAtMs: number; note: (line: string) => void },
): Promise<void> {
  const waiting = runs.filter((run) => !finished.find(keyOf(run)));
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next && Date.now() < endsAtMs; next = waiting.shift()) {
      await rm(next.run.directory, { recursive: true, force: true });
      const result = await runInProcess(next.run);
      await finished.add({ key: keyOf(next), ...result });
      note(`${keyOf(next)}  ${result.cpuSeconds.toFixed(0)} s`);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** The results of one seed by name; nothing while some are missing. */
function filesOf(
  runs: readonly PlannedRun[],
  finished: WorkFile<FinishedRun>,
  seed: number,
): ReadonlyMap<string, string> | undefined {
  const found = runs.filter((run) => run.seed === seed).map((run) => [run.name, finished.find(keyOf(run))?.files]);
  return found.some(([, files]) => files === undefined) ? undefined : new Map(found as [string, string][]);
}

async function openStage(
  parts: Pick<Stage, 'runtime' | 'examiner' | 'seed' | 'files'> & { readonly domains: readonly Domain[] },
  prepared: Prepared,
): Promise<Stage> {
  const { domains, files, runtime } = parts;
  const { base } = prepared;
  const bricks = await Promise.all(
    domains.map(async ({ name }) => {
      const directory = files.get(name)!;
      return { id: name, directory, brick: await readBrick(directory, base) };
    }),
  );
  for (const { id, brick } of bricks) await runtime.load(id, brick);
  const questions = (split: 'train' | 'validation' | 'test') => questionsOf(domains, split, prepared);
  return {
    ...parts,
    ...{ base, bricks },
    ...{ train: questions('train'), validation: questions('validation'), test: questions('test') },
  };
}

async function askAll(stage: Stage, scored: WorkFile<Scored>, note: (line: string) => void): Promise<void> {
  for (const row of COMPOSE_ROWS) {
    const key = `${row.name}/${stage.seed}`;
    if (scored.find(key)) continue;
    const { accuracy, what = '', isReached } = await row.score(stage);
    await scored.add({ key, accuracy, what, ...(isReached !== undefined && { isReached }) });
    note(`${key}  ${(100 * accuracy).toFixed(1)}  ${what}`);
  }
}

function keyOf({ name, seed }: PlannedRun): string {
  return `${name}/${seed}`;
}

function findings(
  scored: WorkFile<Scored>,
  { prepared, seeds, note }: { prepared: Prepared; seeds: readonly number[]; note: (line: string) => void },
): Findings {
  const rows = COMPOSE_ROWS.flatMap(({ name }): ScoredRow[] => {
    const found = seeds.map((seed) => scored.find(`${name}/${seed}`)).filter((one) => one !== undefined);
    if (found.length === 0) return [];
    const what = [...new Set(found.map((one) => one.what))].join('; ');
    const isReached = found.every((one) => one.isReached !== false);
    return [{ name, scores: found.map(({ accuracy }) => accuracy), what, isReached }];
  });
  const checks = [...orderChecks(rows), hubCheck(rows), ...cutChecks(rows)];
  for (const { text } of checks) note(text);
  return {
    method:
      'tessera-tiny, fp32. CLINC150, ten domains of 15 intents as ten tenants: a LoRA (r = 8, all linear layers) for each, ' +
      `trained on its 1,500 texts under one frozen head of 150 intents (least squares on the untouched base's features of all ` +
      `training texts, ${prepared.head}). Every row answers the 4,500 test texts of all domains through that head, among all 150 ` +
      'intents, through the runtime that serves. Weights are chosen on the validation texts.',
    seeds: seeds.join(', '),
    columns: ['row', 'accuracy', 'seeds', 'besides'],
    rows: rows.map((row) => [row.name, shownScore(row), `${row.scores.length}`, row.what]),
    notes: checks.map(({ text }) => `- ${text}`),
    isReached: checks.every(({ isReached }) => isReached),
  };
}
