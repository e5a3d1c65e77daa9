import type { Example } from './example.js';
import { taskLabel } from './task-label.js';

const MAX_GROUPS = 1000;

/**
 * Numbers the label sets of rows, and the labels in them. Rows without a label share the label ''.
 *
 * A group counts for a stratum of its own only while there are at most 1,000 of them: more are names of single things, of
 * which no split can have a share.
 */
export class Strata {
  private readonly known = new Map<string, number>();
  private readonly members: { readonly labels: readonly number[]; readonly group: number | undefined }[] = [];
  readonly labels = new Map<string, number>();
  readonly groups = new Map<string, number>();

  of(example: Example): number {
    const labels = labelsOf(example);
    const group = this.knownGroup(example.group);
    const key = JSON.stringify([labels, group]);
    let stratum = this.known.get(key);
    if (stratum === undefined) {
      stratum = this.members.length;
      this.known.set(key, stratum);
      this.members.push({ labels: labels.map((label) => number(this.labels, label)), group });
    }
    return stratum;
  }

  /** Labels of a stratum, and behind all labels its group. Complete only when all rows are known. */
  entries(stratum: number): number[] {
    const { labels, group } = this.members[stratum]!;
    return group === undefined ? [...labels] : [...labels, this.labels.size + group];
  }

  private knownGroup(group: string | undefined): number | undefined {
    if (group === undefined) return undefined;
    return this.groups.size < MAX_GROUPS ? number(this.groups, group) : this.groups.get(group);
  }
}

function number(names: Map<string, number>, name: string): number {
  const known = names.get(name) ?? names.size;
  names.set(name, known);
  return known;
}

/** The distinct labels of a row: of its entities, for token classification. */
export function labelsOf(example: Example): string[] {
  const { labels, entities } = example;
  const label = taskLabel(example);
  const own = label !== undefined ? [label] : (labels ?? [...new Set(entities?.map((span) => span.label))].sort());
  return own.length === 0 ? [''] : [...own];
}
