import { refuse } from './json.js';
import type { NormalizedString } from './normalized-string.js';

export type SplitBehavior = 'Removed' | 'Isolated' | 'MergedWithPrevious' | 'MergedWithNext' | 'Contiguous';

const BEHAVIORS: readonly string[] = [
  'Removed',
  'Isolated',
  'MergedWithPrevious',
  'MergedWithNext',
  'Contiguous',
] satisfies SplitBehavior[];

export function asSplitBehavior(value: unknown, where: string): SplitBehavior {
  const known = BEHAVIORS.find((behavior) => behavior === value);
  return known === undefined ? refuse(where, `one of ${BEHAVIORS.join(', ')}`, value) : (known as SplitBehavior);
}

interface Part {
  start: number;
  end: number;
  isMatch: boolean;
}

/** All of a text in order: matches, and what lies between them. */
function partsOf(length: number, matches: readonly number[], invert: boolean): Part[] {
  const parts: Part[] = [];
  let done = 0;
  for (let i = 0; i < matches.length; i += 2) {
    const start = matches[i]!;
    const end = matches[i + 1]!;
    if (done < start) parts.push({ start: done, end: start, isMatch: invert });
    parts.push({ start, end, isMatch: !invert });
    done = end;
  }
  if (done < length) parts.push({ start: done, end: length, isMatch: invert });
  return parts;
}

/** Joins each part to the one before it where `joins` says so. */
function joined(parts: readonly Part[], joins: (part: Part, previous: Part) => boolean): Part[] {
  const result: Part[] = [];
  let previous: Part | undefined;
  for (const part of parts) {
    const last = result.at(-1);
    if (last !== undefined && previous !== undefined && joins(part, previous)) {
      last.start = Math.min(last.start, part.start);
      last.end = Math.max(last.end, part.end);
    } else result.push({ ...part });
    previous = part;
  }
  return result;
}

const isLoneMatch = (part: Part, previous: Part): boolean => part.isMatch && !previous.isMatch;

function arranged(parts: Part[], behavior: SplitBehavior): readonly Part[] {
  switch (behavior) {
    case 'Removed':
      return parts.filter((part) => !part.isMatch);
    case 'Isolated':
      return parts;
    case 'Contiguous':
      return joined(parts, (part, previous) => part.isMatch === previous.isMatch);
    case 'MergedWithPrevious':
      return joined(parts, isLoneMatch);
    case 'MergedWithNext':
      return joined(parts.reverse(), isLoneMatch).reverse();
  }
}

export interface Split {
  /** Start and end of each match, as a `Pattern` finds them. */
  readonly matches: readonly number[];
  readonly behavior: SplitBehavior;
  /** Take what lies between the matches as the delimiters. */
  readonly invert?: boolean;
}

/** Cuts a text at delimiters; parts without text are left out. */
export function splitInto(out: NormalizedString[], text: NormalizedString, split: Split): void {
  const parts = partsOf(text.length, split.matches, split.invert ?? false);
  for (const { start, end } of arranged(parts, split.behavior)) if (end > start) out.push(text.slice(start, end));
}
