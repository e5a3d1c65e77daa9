/** Members in all, each counted as often as it stands there. */
export const MAX_MEMBERS = 64;
/** A member alone is 1 deep. */
export const MAX_DEPTH = 8;
/** Of the text form: more than the longest composition needs, with a digest for each member. */
export const MAX_TEXT_CHARACTERS = 32_768;
/** Weights beyond it, in size, are typing errors and overflow float32 in products. */
export const MAX_WEIGHT = 1e6;
/** Longest input is far below it. */
export const MAX_TOKEN = 1_000_000;
export const MAX_LABELS = 10_000;
