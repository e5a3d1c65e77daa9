import type { Encoding } from './encoding.js';

/** A run of tokens on its way into an encoding: those of one text, or special tokens put between. */
export interface Draft {
  ids: readonly number[];
  /** The text each token was found as, which for an unknown or added token may differ from the vocabulary's. */
  surfaces: readonly string[];
  /** Start and end in code points of each token. */
  offsets: number[];
  wordIds: readonly number[];
  typeId: number;
  /** 0 or 1, which text; -1 for special tokens. */
  sequence: number;
}

export function specialDraft(ids: readonly number[], surfaces: readonly string[], typeId: number): Draft {
  return {
    ids,
    surfaces,
    offsets: new Array<number>(ids.length * 2).fill(0),
    wordIds: ids.map(() => -1),
    typeId,
    sequence: -1,
  };
}

/** Keeps the first (or, cutting on the left, the last) `count` tokens. */
export function truncated(draft: Draft, count: number, side: 'left' | 'right'): Draft {
  const n = draft.ids.length;
  if (count >= n) return draft;
  const start = side === 'right' ? 0 : n - count;
  const end = start + count;
  return {
    ...draft,
    ids: draft.ids.slice(start, end),
    surfaces: draft.surfaces.slice(start, end),
    offsets: draft.offsets.slice(2 * start, 2 * end),
    wordIds: draft.wordIds.slice(start, end),
  };
}

export function joinDrafts(drafts: readonly Draft[], tokenOf: (id: number) => string): Encoding {
  const n = drafts.reduce((sum, draft) => sum + draft.ids.length, 0);
  const ids = new Int32Array(n);
  const typeIds = new Int32Array(n);
  const offsets = new Int32Array(n * 2);
  const specialMask = new Uint8Array(n);
  const wordIds = new Int32Array(n);
  const sequenceIds = new Int8Array(n);
  const tokens: string[] = [];
  let at = 0;
  for (const draft of drafts) {
    const end = at + draft.ids.length;
    ids.set(draft.ids, at);
    typeIds.fill(draft.typeId, at, end);
    offsets.set(draft.offsets, at * 2);
    specialMask.fill(draft.sequence < 0 ? 1 : 0, at, end);
    wordIds.set(draft.wordIds, at);
    sequenceIds.fill(draft.sequence, at, end);
    for (const id of draft.ids) tokens.push(tokenOf(id));
    at = end;
  }
  return { ids, typeIds, tokens, offsets, specialMask, wordIds, sequenceIds };
}
