import type { Place } from './fault.js';

/** One row as its file has it, before anything is known of its columns. */
export interface RawRow {
  /** Line of the file where the row begins. */
  readonly line: number;
  readonly values: Readonly<Record<string, unknown>>;
  /** Every value is text, as in CSV, and numbers and lists are to be read from it. */
  readonly isText: boolean;
  /** Where the value of a key stands; where the row begins, for a key it lacks. */
  place(key?: string): Place;
}

/** Turns the bytes of a file into rows, holding no more than the row it is in. */
export interface RowReader {
  /** Rows begun so far, sound or not; a header and blank lines are none. */
  readonly rows: number;
  push(chunk: Uint8Array): Iterable<RawRow>;
  /** What is left when the file has ended. */
  end(): Iterable<RawRow>;
}
