import type { Draft } from '../draft.js';

/** Puts special tokens around the tokens of one or two texts and says which type each has. */
export interface PostProcessor {
  /** How many special tokens `process` adds. */
  added(isPair: boolean): number;
  process(drafts: readonly Draft[], addSpecial: boolean): readonly Draft[];
}
