import type { NormalizedString } from '../normalized-string.js';

/** Rewrites a text before it is cut into words. */
export type Normalizer = (text: NormalizedString) => NormalizedString;
