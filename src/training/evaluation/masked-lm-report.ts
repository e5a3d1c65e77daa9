import { bootstrapInterval, type BootstrapOptions, type Interval } from './bootstrap.js';
import { maskedLmScores, type MaskedLmScores } from './masked-lm.js';
import { rowsBySlice } from './slices.js';

export interface MaskedLmRows {
  /** Of each row, −ln p(true token) at its masked positions; a row may have none. */
  readonly losses: readonly (readonly number[])[];
  readonly slices?: readonly (string | undefined)[];
}

export interface MaskedLmReport extends MaskedLmScores {
  readonly rows: number;
  readonly perSlice: Readonly<Record<string, MaskedLmScores & { readonly rows: number }>>;
  /** Of the loss; rows are drawn, not positions. */
  readonly interval: Interval | undefined;
}

/** All metrics of masked language modelling. @throws ValidationError for losses that are not finite */
export function evaluateMaskedLm({ losses, slices }: MaskedLmRows, bootstrap?: BootstrapOptions): MaskedLmReport {
  const scoresOf = (rows: Uint32Array) => maskedLmScores(Array.from(rows, (row) => losses[row]!).flat());
  const meanLoss = (rows: Uint32Array) => {
    const { loss, positions } = scoresOf(rows);
    return positions === 0 ? undefined : loss;
  };
  return {
    rows: losses.length,
    ...maskedLmScores(losses.flat()),
    perSlice: Object.fromEntries(
      [...(slices ? rowsBySlice(slices, losses.length) : [])].map(([slice, rows]) => [
        slice,
        { rows: rows.length, ...scoresOf(rows) },
      ]),
    ),
    interval: bootstrap && bootstrapInterval(losses.length, meanLoss, bootstrap),
  };
}
