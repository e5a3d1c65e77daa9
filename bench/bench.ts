/** One line of a benchmark's table. */
export interface Line {
  readonly what: string;
  readonly value: string;
  /** The figure of the design that this line is held against, and whether it is reached. */
  readonly target?: { readonly text: string; readonly isReached: boolean };
}

/** A measurement of speed or memory. Ratios are taken within one run, alternating what is compared. */
export interface Bench {
  readonly name: string;
  readonly title: string;
  /** How it is measured, for the reader of the document. */
  readonly method: string;
  run(): Promise<readonly Line[]>;
}

export const atLeast = (value: number, least: number, digits = 2): Line['target'] => ({
  text: `≥ ${least.toFixed(digits)}`,
  isReached: value >= least,
});

export const atMost = (value: number, most: number, unit: string): Line['target'] => ({
  text: `≤ ${most} ${unit}`,
  isReached: value <= most,
});
