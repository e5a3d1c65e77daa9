const SCRIPTS = ['Latin', 'Han', 'Cyrillic', 'Arabic', 'Devanagari', 'Hangul', 'Hiragana', 'Katakana', 'Greek', 'Hebrew', 'Thai', 'Bengali', 'Tamil'] as const; // prettier-ignore
const CLASSES = [...SCRIPTS, 'other script', 'digit', 'space', 'punctuation', 'symbol', 'control', 'other'] as const;
type CharacterClass = (typeof CLASSES)[number];

const TESTS: readonly [RegExp, CharacterClass][] = [
  ...SCRIPTS.map((name): [RegExp, CharacterClass] => [new RegExp(`^[\\p{Script=${name}}&&\\p{L}]$`, 'v'), name]),
  [/^[\p{L}\p{M}]$/u, 'other script'],
  [/^\p{N}$/u, 'digit'],
  [/^\s$/u, 'space'],
  [/^\p{P}$/u, 'punctuation'],
  [/^\p{S}$/u, 'symbol'],
  [/^[\p{Cc}\p{Cf}]$/u, 'control'],
];

function classify(point: number): number {
  const character = String.fromCodePoint(point);
  const found = TESTS.find(([test]) => test.test(character))?.[1] ?? 'other';
  return CLASSES.indexOf(found);
}

/** What texts are made of, by script and kind of character; needs no knowledge of their language. */
export class CharacterCounts {
  private readonly classes = new Uint8Array(0x110000); // class + 1 of a code point seen; 0 before
  private readonly counts = new Float64Array(CLASSES.length);

  /** @returns the text's length in code points */
  add(text: string): number {
    let points = 0;
    for (let at = 0; at < text.length; points++) {
      const point = text.codePointAt(at)!;
      at += point > 0xffff ? 2 : 1;
      const known = this.classes[point]! || (this.classes[point] = classify(point) + 1);
      this.counts[known - 1]!++;
    }
    return points;
  }

  /** Share of all code points by class, largest first, classes never seen left out. */
  shares(): { readonly kind: CharacterClass; readonly share: number }[] {
    const total = this.counts.reduce((sum, count) => sum + count, 0);
    return CLASSES.map((kind, at) => ({ kind, share: this.counts[at]! / total }))
      .filter(({ share }) => share > 0)
      .sort((a, b) => b.share - a.share);
  }
}
