import { ValidationError } from '../../common/errors.js';
import { SPLITS } from './example.js';

export interface Fractions {
  readonly validation: number;
  readonly test: number;
}

/** Units that are split as a whole: clusters of rows that are alike. Numbered in the order of their keys. */
export interface Units {
  readonly count: number;
  /** For each row and label of it: the unit of the row, and the label. Every unit has an entry. */
  readonly memberUnits: Uint32Array;
  readonly memberLabels: Uint32Array;
  readonly labelCount: number;
  /** Labels below this are labels; from it on they are groups, which get a fair share but no least number. */
  readonly firstGroup: number;
  /** [count] 0: to be split; 1: validation; 2: test. */
  readonly pins: Uint8Array;
}

const [TRAIN, VALIDATION, TEST] = [0, 1, 2] as const;

/**
 * Splits units so that each label has its share of rows in each split: labels from the rarest on, and for each its units
 * in the order of their keys, first into the test split until its share is filled, then into validation, the rest into
 * train. A unit placed for a rare label counts for its other labels too.
 *
 * With one label a row this is the plain stratified split, and the held-out rows of a label are those with the smallest
 * keys: a row's place depends on its own text, not on the order of the file, and when the data grow only rows near the
 * border of a share can move. A label of two units gives one to test, one of three or more gives one to each split, one of
 * a single unit stays in train.
 *
 * Sechidis, Tsoumakas and Vlahavas 2011, "On the Stratification of Multi-Label Data", §3 (iterative stratification), with
 * the order of keys in the place of chance. Cost O(entries · log entries).
 *
 * @returns [count] 0 train, 1 validation, 2 test
 */
export function stratify(units: Units, fractions: Fractions): Uint8Array {
  const { validation, test } = fractions;
  if (!(validation >= 0 && test >= 0 && validation + test < 1)) {
    throw new ValidationError(`fractions: expected validation, test ≥ 0 and a sum below 1, got ${validation}, ${test}`);
  }
  const splits = Uint8Array.from(units.pins);
  const byLabel = groupBy(units.memberLabels, units.memberUnits, units.labelCount);
  const byUnit = groupBy(units.memberUnits, units.memberLabels, units.count);
  const needs = needsOf(units, byLabel, fractions);
  const labels = Array.from({ length: units.labelCount }, (_, label) => label);
  labels.sort((a, b) => byLabel(a).length - byLabel(b).length || a - b);
  for (const label of labels) {
    for (const unit of byLabel(label)) {
      if (splits[unit] !== TRAIN) continue;
      const split = [TEST, VALIDATION].find((held) => isWanted(needs[held]!, label, byUnit(unit), units.firstGroup));
      if (split === undefined) continue;
      splits[unit] = split;
      for (const own of byUnit(unit)) needs[split]![own]!--;
    }
  }
  return splits;
}

/** Whether a split wants a unit for a label: it is short of that label, and would not get too much of the unit's others. */
function isWanted(needs: Float64Array, label: number, members: Uint32Array, firstGroup: number): boolean {
  for (let at = 0; at < members.length;) {
    const own = members[at]!;
    const start = at;
    while (members[at] === own) at++;
    if ((own === label || own < firstGroup) && needs[own]! < (at - start) / 2) return false;
  }
  return true;
}

/** Rows of each label that each split still wants: its share, at least one where there are enough units, less pinned ones. */
function needsOf(units: Units, byLabel: (label: number) => Uint32Array, fractions: Fractions): Float64Array[] {
  const needs = SPLITS.map(() => new Float64Array(units.labelCount));
  for (let label = 0; label < units.labelCount; label++) {
    const members = byLabel(label);
    const distinct = members.filter((unit, at) => unit !== members[at - 1]).length;
    const least = label < units.firstGroup ? 1 : 0;
    for (const [split, fraction, enough] of [
      [VALIDATION, fractions.validation, 3],
      [TEST, fractions.test, 2],
    ] as const) {
      const isDue = fraction > 0 && (distinct >= enough || least === 0);
      needs[split]![label] = isDue ? Math.max(least, fraction * members.length) : 0;
    }
    for (const unit of members) needs[units.pins[unit]!]![label]!--;
  }
  return needs;
}

/** The values of each group, ascending, as views of one array. */
function groupBy(groups: Uint32Array, values: Uint32Array, count: number): (group: number) => Uint32Array {
  const starts = new Uint32Array(count + 1);
  for (const group of groups) starts[group + 1]!++;
  for (let group = 0; group < count; group++) starts[group + 1]! += starts[group]!;
  const sorted = new Uint32Array(groups.length);
  const ends = starts.slice();
  for (let at = 0; at < groups.length; at++) sorted[ends[groups[at]!]!++] = values[at]!;
  for (let group = 0; group < count; group++) sorted.subarray(starts[group], starts[group + 1]).sort();
  return (group) => sorted.subarray(starts[group], starts[group + 1]);
}
