import { bootstrapInterval, type BootstrapOptions, type Interval } from './bootstrap.js';
import { entityScores, type EntityScores, type Span } from './entity-f1.js';
import { rowsBySlice } from './slices.js';

export interface EntityRows {
  /** Entities of each row. */
  readonly truth: readonly (readonly Span[])[];
  readonly predicted: readonly (readonly Span[])[];
  readonly slices?: readonly (string | undefined)[];
}

export interface EntityReport extends EntityScores {
  readonly rows: number;
  readonly perSlice: Readonly<Record<string, EntityScores & { readonly rows: number }>>;
  /** Of micro F1; rows are drawn, not entities. */
  readonly interval: Interval | undefined;
}

/** All metrics of token classification, over whole entities. */
export function evaluateEntities({ truth, predicted, slices }: EntityRows, bootstrap?: BootstrapOptions): EntityReport {
  const scoresOf = (rows: Uint32Array) =>
    entityScores(
      Array.from(rows, (row) => truth[row]!),
      Array.from(rows, (row) => predicted[row]!),
    );
  return {
    rows: truth.length,
    ...entityScores(truth, predicted),
    perSlice: Object.fromEntries(
      [...(slices ? rowsBySlice(slices, truth.length) : [])].map(([slice, rows]) => [
        slice,
        { rows: rows.length, ...scoresOf(rows) },
      ]),
    ),
    interval: bootstrap && bootstrapInterval(truth.length, (rows) => scoresOf(rows).micro.f1, bootstrap),
  };
}
