import { isAscii } from './characters.js';

/**
 * A text under normalization, each UTF-16 code unit of which knows the span of the original text it stands for.
 *
 * Spans are in Unicode code points of the original text. Instances are immutable; a slice shares the spans of the text
 * it was cut from.
 */
export class NormalizedString {
  constructor(
    readonly text: string,
    private readonly starts: Int32Array,
    private readonly ends: Int32Array,
    private readonly at = 0,
  ) {}

  static of(original: string): NormalizedString {
    const starts = new Int32Array(original.length);
    const ends = new Int32Array(original.length);
    const ascii = isAscii(original);
    let point = 0;
    for (let i = 0; i < original.length; i++, point++) {
      starts[i] = point;
      ends[i] = point + 1;
      if (!ascii && original.codePointAt(i)! > 0xffff) {
        i++;
        starts[i] = point;
        ends[i] = point + 1;
      }
    }
    return new NormalizedString(original, starts, ends);
  }

  get length(): number {
    return this.text.length;
  }

  slice(start: number, end: number): NormalizedString {
    if (start === 0 && end === this.text.length) return this;
    return new NormalizedString(this.text.slice(start, end), this.starts, this.ends, this.at + start);
  }

  /** Start in the original text of the code unit at `index`. */
  originalStart(index: number): number {
    return this.starts[this.at + index] ?? 0;
  }

  /** End in the original text of the code unit at `index`. */
  originalEnd(index: number): number {
    return this.ends[this.at + index] ?? 0;
  }

  /** Another text of the same number of code units, each with the span it had. */
  withText(text: string): NormalizedString {
    return text === this.text ? this : new NormalizedString(text, this.starts, this.ends, this.at);
  }

  edit(): Edit {
    return new Edit(this.text, this.starts, this.ends, this.at);
  }
}

/** Writes a new text from left to right out of parts of a source and inserted characters. */
export class Edit {
  private readonly parts: string[] = [];
  private starts: Int32Array;
  private ends: Int32Array;
  private length = 0;

  constructor(
    private readonly source: string,
    private readonly sourceStarts: Int32Array,
    private readonly sourceEnds: Int32Array,
    private readonly at: number,
  ) {
    this.starts = new Int32Array(source.length + 16);
    this.ends = new Int32Array(source.length + 16);
  }

  /** Appends code units `from` to `to` of the source with their spans. */
  copy(from: number, to: number): void {
    if (from >= to) return;
    this.reserve(to - from);
    this.parts.push(this.source.slice(from, to));
    this.starts.set(this.sourceStarts.subarray(this.at + from, this.at + to), this.length);
    this.ends.set(this.sourceEnds.subarray(this.at + from, this.at + to), this.length);
    this.length += to - from;
  }

  /** Appends a text that stands for what code unit `like` of the source stands for. */
  insert(text: string, like: number): void {
    this.reserve(text.length);
    this.parts.push(text);
    const unit = this.at + Math.max(0, Math.min(like, this.source.length - 1));
    const start = this.sourceStarts[unit] ?? 0;
    this.starts.fill(start, this.length, this.length + text.length);
    // Before the first unit there is nothing to stand for: an empty span, as the library has it.
    this.ends.fill(like < 0 ? start : (this.sourceEnds[unit] ?? 0), this.length, this.length + text.length);
    this.length += text.length;
  }

  finish(): NormalizedString {
    return new NormalizedString(this.parts.join(''), this.starts, this.ends);
  }

  private reserve(units: number): void {
    if (this.length + units <= this.starts.length) return;
    const size = Math.max(this.starts.length * 2, this.length + units);
    this.starts = grown(this.starts, size);
    this.ends = grown(this.ends, size);
  }
}

function grown(array: Int32Array, size: number): Int32Array {
  const copy = new Int32Array(size);
  copy.set(array);
  return copy;
}
