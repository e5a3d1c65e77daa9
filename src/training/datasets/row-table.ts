import { TooLargeError } from '../../common/errors.js';
import type { RowKey } from './normalize-text.js';

export interface RowFacts {
  readonly key: RowKey;
  /** Fingerprint of the label, labels, entities or value. */
  readonly target: number;
  /** Index of the row's stratum. */
  readonly stratum: number;
  readonly value: number;
  /** Place of the row in the spool file, in bytes. */
  readonly offset: number;
  readonly bytes: number;
  /** 0: to be split; 1: validation; 2: test. */
  readonly pin: number;
}

/** What stays in memory of each row: numbers in growing columns, 37 bytes a row. */
export class RowTable {
  size = 0;
  private capacity = 1024;
  high = new Uint32Array(this.capacity);
  low = new Uint32Array(this.capacity);
  target = new Uint32Array(this.capacity);
  stratum = new Uint32Array(this.capacity);
  value = new Float64Array(this.capacity);
  offset = new Float64Array(this.capacity);
  bytes = new Uint32Array(this.capacity);
  pin = new Uint8Array(this.capacity);

  constructor(private readonly maxRows: number) {}

  /** @throws TooLargeError  beyond `maxRows` */
  add(facts: RowFacts): void {
    if (this.size >= this.maxRows) throw new TooLargeError(`data set: expected at most ${this.maxRows} rows, got more`);
    if (this.size === this.capacity) this.grow();
    const row = this.size++;
    this.high[row] = facts.key.high;
    this.low[row] = facts.key.low;
    this.target[row] = facts.target;
    this.stratum[row] = facts.stratum;
    this.value[row] = facts.value;
    this.offset[row] = facts.offset;
    this.bytes[row] = facts.bytes;
    this.pin[row] = facts.pin;
  }

  /** Order of two rows by their keys. */
  compareKeys(a: number, b: number): number {
    return this.high[a]! - this.high[b]! || this.low[a]! - this.low[b]!;
  }

  private grow(): void {
    const columns = ['high', 'low', 'target', 'stratum', 'value', 'offset', 'bytes', 'pin'] as const;
    this.capacity *= 2;
    const wider = <T extends { set(from: T): void; constructor: unknown }>(column: T): T => {
      const made = new (column.constructor as new (size: number) => T)(this.capacity);
      made.set(column);
      return made;
    };
    for (const name of columns) Object.assign(this, { [name]: wider(this[name] as Uint32Array) });
  }
}
