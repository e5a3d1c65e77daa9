import type { Placement } from './placement.js';
import type { TokenRange } from './token-range.js';

/** One brick of a row. */
export interface RowPart {
  readonly placement: Placement;
  readonly weight: number;
  /** Parts of a level act on what those of lower ones left; 0 unless given. */
  readonly level?: number | undefined;
  /** All tokens unless given. */
  readonly tokens?: TokenRange | undefined;
  /** The index of the route that decides the part's share. */
  readonly route?: number | undefined;
}
