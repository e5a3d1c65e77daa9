/** What can be wrong with a row. A row with an error is left out; one with a warning is kept. */
export const FAULT_KINDS = {
  invalid_utf8: 'error',
  row_too_long: 'error',
  invalid_json: 'error',
  invalid_csv: 'error',
  field_count: 'error',
  missing_field: 'error',
  wrong_type: 'error',
  empty_text: 'error',
  lone_surrogate: 'error',
  invalid_label: 'error',
  unknown_label: 'error',
  unknown_task: 'error',
  not_finite: 'error',
  span_outside: 'error',
  span_overlap: 'error',
  span_off_token: 'error',
  too_long: 'warning',
} as const satisfies Record<string, 'error' | 'warning'>;

export type FaultKind = keyof typeof FAULT_KINDS;

export interface Place {
  /** Line of the file, from 1. */
  readonly line: number;
  /** Unicode code point of that line, from 1. */
  readonly column: number;
}

export interface Fault extends Place {
  /** Which of several files. */
  readonly source: string;
  readonly kind: FaultKind;
  readonly severity: 'error' | 'warning';
  /** The rule, then the value got. */
  readonly message: string;
}

/** Where a reader and a validator put what they find. A place is worked out only when the fault is kept. */
export interface FaultSink {
  add(kind: FaultKind, place: () => Place, message: string): void;
}

/** Keeps the first `capacity` faults in the order they were found, and counts all of them by kind. */
export class FaultLog implements FaultSink {
  readonly first: Fault[] = [];
  readonly counts: Partial<Record<FaultKind, number>> = {};

  /** The file that is being read. */
  source = 'data';

  constructor(private readonly capacity = 100) {}

  add(kind: FaultKind, place: () => Place, message: string): void {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    if (this.first.length < this.capacity) {
      this.first.push({ source: this.source, kind, severity: FAULT_KINDS[kind], ...place(), message });
    }
  }
}

/** A value as faults show it: as JSON, cut after 60 characters, without halves of surrogate pairs. */
export function shown(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : value === undefined ? 'none' : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 60).replace(/[\ud800-\udbff]$/, '')}…` : text;
}
