import type { ParseArgsConfig } from 'node:util';
import type { OptionValues } from '../command.js';

/** What an experiment found, as the report shows it. */
export interface Findings {
  /** How it was done, for the reader of the document. */
  readonly method: string;
  /** Seeds of whatever was drawn, or why there are none. */
  readonly seeds: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Lines below the table. */
  readonly notes?: readonly string[];
  /** False when a figure that the project promises was missed. */
  readonly isReached: boolean;
}

/** A measurement of what models answer, on real data. A new one is a file and a line in `table.ts`. */
export interface Experiment {
  /** As typed: `npm run experiments -- NAME`. */
  readonly name: string;
  readonly title: string;
  /** Its own options, beside `--data DIR`. */
  readonly options: NonNullable<ParseArgsConfig['options']>;
  run(options: OptionValues, note: (line: string) => void): Promise<Findings>;
}
