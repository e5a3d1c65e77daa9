import type { Balance } from '../../../training/squad/balance.js';
import { trainSquad } from '../../../training/squad/train-squad.js';
import type { Domain } from './domains.js';
import { LORA, RATE, SHARED } from './settings.js';

/** Trains experts that all domains share, under the head that the base has. */
export interface SquadRun {
  readonly kind: 'squad';
  readonly base: string;
  readonly domains: readonly Domain[];
  readonly balance: Balance;
  readonly epochs: number;
  readonly seed: number;
  /** Empty; the run lives here. */
  readonly directory: string;
}

/** As in Mod-Squad's own measurements on these domains: twenty experts, four for a token, and four that stay. */
export const SQUAD = { experts: 20, topK: 4, rank: 4, alpha: 8, targets: LORA.targets };
/** Rows of a step: about four of each domain, since tasks are told apart within a step. */
const ROWS = 40;

/** The directory of the squad. */
export async function runSquad({ base, domains, balance, epochs, seed, directory }: SquadRun): Promise<string> {
  const never = new AbortController().signal;
  const { files } = await trainSquad(
    {
      base,
      tasks: domains.map(({ name, train, validation }) => ({ name, train, validation })),
      method: SQUAD,
      balance,
      spec: {
        ...SHARED,
        ...{ batchSize: ROWS, head: 'frozen', epochs, learningRate: RATE, seed },
        earlyStopping: { metric: 'accuracy', patience: epochs },
      },
    },
    { directory, onEvent: () => undefined, signal: never },
  );
  return files;
}
