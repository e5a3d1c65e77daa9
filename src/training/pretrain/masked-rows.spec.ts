import { describe, expect, it } from 'vitest';
import { MaskedRows, type MaskedRowsOptions } from './masked-rows.js';

const SPECIAL = { cls: 2, sep: 3, mask: 4, count: 5 };
const text = (from: number, length: number) => Int32Array.from({ length }, (_, i) => 5 + from + i);
const TEXTS = [text(0, 5003), text(6000, 4020), text(11_000, 12)];
const options: MaskedRowsOptions = {
  seed: 3,
  rows: 16,
  rowTokens: [22, 12],
  share: 0.15,
  special: SPECIAL,
  vocab: 12_000,
};

/** The rows of a batch as they were before masking. */
function original(rows: MaskedRows, step: number): number[][] {
  const { inputIds, positions, targets } = rows.batch(step);
  const ids = Int32Array.from(inputIds.data);
  positions.data.forEach((at, i) => (ids[at] = targets.data[i]!));
  const [count = 0, length = 0] = inputIds.shape;
  return Array.from({ length: count }, (_, row) => [...ids.subarray(row * length, (row + 1) * length)]);
}

describe('rows of masked-language modelling', () => {
  const rows = new MaskedRows(TEXTS, options);

  it('take the lengths in turn, each row [CLS] … [SEP] of neighbouring tokens', () => {
    expect([0, 1, 2].map((step) => rows.batch(step).inputIds.shape)).toEqual([
      [16, 22],
      [16, 12],
      [16, 22],
    ]);
    for (const row of [...original(rows, 0), ...original(rows, 1)]) {
      expect([row[0], row.at(-1)]).toEqual([SPECIAL.cls, SPECIAL.sep]);
      for (let i = 2; i < row.length - 1; i++) expect(row[i]! - row[i - 1]!).toBe(1);
    }
  });

  it('mask 15 % of each row: 80 % hidden, 10 % drawn from the vocabulary, 10 % left', () => {
    let [all, hidden, left] = [0, 0, 0];
    for (let step = 0; step < 300; step++) {
      const { inputIds, positions, targets } = rows.batch(step);
      const perRow = step % 2 === 0 ? 3 : 2; // round(0.15 · 20) and round(0.15 · 10)
      expect(positions.data.length).toBe(16 * perRow);
      expect(new Set(positions.data).size).toBe(16 * perRow);
      positions.data.forEach((at, i) => {
        const shown = inputIds.data[at]!;
        all++;
        if (shown === SPECIAL.mask) hidden++;
        else if (shown === targets.data[i]) left++;
        expect(shown).toBeGreaterThanOrEqual(SPECIAL.mask);
        expect(shown).toBeLessThan(12_000);
      });
    }
    expect(hidden / all).toBeCloseTo(0.8, 1);
    expect(left / all).toBeCloseTo(0.1, 1);
  });

  it('see all pieces of a pass once, and cut the next pass elsewhere', () => {
    const perPass = Math.floor(5003 / 20) - 1 + (Math.floor(4020 / 20) - 1);
    const seen = (first: number) => {
      const starts = [];
      for (let i = first; i < first + perPass; i++) {
        const step = 2 * Math.floor(i / 16);
        starts.push(original(rows, step)[i % 16]!.join());
      }
      return starts;
    };
    const [one, two] = [seen(0), seen(perPass)];
    expect(new Set(one).size).toBe(perPass);
    expect(two.filter((row) => one.includes(row)).length).toBeLessThan(perPass);
  });

  it('depend on seed and step alone', () => {
    const again = new MaskedRows(TEXTS, options);
    again.batch(700);
    expect(again.batch(41)).toEqual(rows.batch(41));
    expect(new MaskedRows(TEXTS, { ...options, seed: 4 }).batch(41)).not.toEqual(rows.batch(41));
  });

  it('refuse texts that are too short', () => {
    expect(() => new MaskedRows([text(0, 30)], options)).toThrow('corpus: expected a text of at least 40 tokens');
  });
});
