/** What one label says of a word's place in an entity. */
export interface Tag {
  /** Nothing: outside of every entity. */
  readonly type: string | undefined;
  /** The word cannot go on with the entity before it. */
  readonly begins: boolean;
  /** The word after it cannot go on with this entity. */
  readonly ends: boolean;
}

const OUTSIDE = 'O';
const PREFIXED = /^[BIESLU]-./;

/**
 * Reads label names as tags. `O` is outside in every scheme.
 *
 * - BIO: `B-X` begins an entity, `I-X` goes on.
 * - IOBES and BILOU: also `E-X` or `L-X` ends one, `S-X` or `U-X` is one alone.
 * - plain, when labels do not all have such a prefix or none has `B-` or `I-`: the label is the type, and neighbours of one
 *   type are one entity.
 */
export function parseTags(labels: readonly string[]): Tag[] {
  const inside = labels.filter((label) => label !== OUTSIDE);
  const isPrefixed = inside.every((label) => PREFIXED.test(label)) && inside.some((label) => /^[BI]-/.test(label));
  return labels.map((label) => {
    if (label === OUTSIDE) return { type: undefined, begins: false, ends: false };
    if (!isPrefixed) return { type: label, begins: false, ends: false };
    const prefix = label.slice(0, 1);
    return { type: label.slice(2), begins: 'BSU'.includes(prefix), ends: 'ESLU'.includes(prefix) };
  });
}
