import { join } from 'node:path';
import type { Domain } from './domains.js';
import { writeRows } from './prepare.js';
import { SQUADS } from './rows/squads.js';
import type { ComposeRun } from './runs.js';

/** A run and the name under which rows find its result. */
export interface PlannedRun {
  readonly name: string;
  readonly seed: number;
  readonly run: ComposeRun;
}

const BRICK_EPOCHS = 6;
/** Ten times the rows: as many steps as five bricks. */
const MULTI_TASK_EPOCHS = 3;
const SQUAD_EPOCHS = 5;

/** All that is trained for the table, what most rows need first. */
export async function planRuns(
  domains: readonly Domain[],
  base: string,
  directory: string,
  seeds: readonly number[],
): Promise<PlannedRun[]> {
  const data = join(directory, 'data');
  const sets = [
    ...domains.map(({ name, train, validation }) => ({
      name,
      train,
      validation,
      epochs: BRICK_EPOCHS,
      isRouted: true,
    })),
    {
      name: 'multi-task',
      train: domains.flatMap(({ train }) => train),
      validation: domains.flatMap(({ validation }) => validation),
      epochs: MULTI_TASK_EPOCHS,
      isRouted: false,
    },
  ];
  const files = await Promise.all(
    sets.map(async ({ name, train, validation, ...rest }) => ({
      name,
      ...rest,
      train: await writeRows(data, `${name}-train`, train),
      validation: await writeRows(data, `${name}-validation`, validation),
    })),
  );
  return seeds.flatMap((seed) => {
    const own = (name: string): string => join(directory, 'runs', `${name}-${seed}`);
    const bricks = files.map(({ name, ...rest }): PlannedRun => {
      return { name, seed, run: { kind: 'brick', base, ...rest, seed, directory: own(name) } };
    });
    const squads = SQUADS.map(({ name, balance }): PlannedRun => {
      const shared = { base, domains, balance, epochs: SQUAD_EPOCHS, seed, directory: own(name) };
      return { name, seed, run: { kind: 'squad', ...shared } };
    });
    return [...bricks, ...squads];
  });
}
