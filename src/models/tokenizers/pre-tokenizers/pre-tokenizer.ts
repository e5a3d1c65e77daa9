import type { NormalizedString } from '../normalized-string.js';

/** Cuts a text into the words that the model sees one by one, and appends those that are not empty to `out`. */
export type PreTokenizer = (text: NormalizedString, out: NormalizedString[]) => void;
