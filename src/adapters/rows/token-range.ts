/** Tokens `from` ≤ t < `to` of an input, special tokens counted and virtual tokens not; without `to`, up to the end. */
export interface TokenRange {
  readonly from: number;
  readonly to?: number;
}
