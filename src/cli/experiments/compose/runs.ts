import { runInChild } from '../child-run.js';
import { runBrick, type BrickRun } from './brick-run.js';
import { runSquad, type SquadRun } from './squad-run.js';

/** Whatever is trained for the experiment. */
export type ComposeRun = BrickRun | SquadRun;

export interface FinishedRun {
  readonly key: string;
  /** Where its result lies. */
  readonly files: string;
  readonly cpuSeconds: number;
}

const RUNS: { readonly [K in ComposeRun['kind']]: (run: Extract<ComposeRun, { kind: K }>) => Promise<string> } = {
  brick: runBrick,
  squad: runSquad,
};

/** Trains in this process. */
export async function runOne(run: ComposeRun): Promise<Omit<FinishedRun, 'key'>> {
  const start = RUNS[run.kind] as (run: ComposeRun) => Promise<string>; // a kind's own requests
  const files = await start(run);
  const { user, system } = process.cpuUsage();
  return { files, cpuSeconds: (user + system) / 1e6 };
}

/** Trains in a process of its own. */
export function runInProcess(run: ComposeRun): Promise<Omit<FinishedRun, 'key'>> {
  return runInChild(new URL('./run-child.js', import.meta.url), run);
}
