import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { SeededRandom } from '../../../test/support/seeded-random.js';
import { tensor } from '../../engine/tensor.js';
import { positivePairInformation } from './pair-information.js';
import { topEigenvectors } from './top-eigenvectors.js';
import { wordVectors } from './word-vectors.js';

const executors = useExecutors();

describe('positive pointwise mutual information', () => {
  it('is ln(n_ij · N / (n_i · n_j)) of neighbours in both orders, and 0 where that is negative', () => {
    // Window 1 over 0 1 0 1 2: pairs 01 ×3, 12 ×1, both orders: n = [3, 4, 1], N = 8.
    const got = positivePairInformation([Int32Array.of(0, 1, 0, 1, 2)], 3, 1);
    const of = (count: number, a: number, b: number) => Math.log((count * 8) / (a * b));
    const [p, q] = [of(3, 3, 4), of(1, 4, 1)];
    expect([...got]).toEqual([0, p, 0, p, 0, q, 0, q, 0].map((x) => expect.closeTo(x, 6)));
  });

  it('reaches as far as the window and not into the next text', () => {
    const near = positivePairInformation([Int32Array.of(0, 1, 2), Int32Array.of(3)], 4, 1);
    expect(near[2]).toBe(0); // 0 and 2 are two apart
    expect([...positivePairInformation([Int32Array.of(0, 1, 2), Int32Array.of(3)], 4, 2).subarray(12)]).toEqual([
      0, 0, 0, 0,
    ]);
  });

  it('counts a token beside itself twice, once for each order', () => {
    expect(positivePairInformation([Int32Array.of(0, 0)], 1, 1)[0]).toBe(0); // ln(2 · 2 / (2 · 2))
  });
});

describe('the largest eigenvectors of a large matrix', () => {
  it('are those of the matrix they were made of', async () => {
    const [n, values] = [60, [9, -7, 4]];
    const columns = orthonormalColumns(n, 3);
    const data = new Float32Array(n * n);
    values.forEach((value, k) => {
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) data[i * n + j]! += value * columns[k]![i]! * columns[k]![j]!;
    });
    const found = await topEigenvectors(executors().onnx, tensor('float32', [n, n], data), { rank: 3, seed: 1 });
    expect([...found.values]).toEqual(values.map((value) => expect.closeTo(value, 4)));
    columns.forEach((column, k) => {
      const cosine = column.reduce((sum, x, i) => sum + x * found.vectors[i * 3 + k]!, 0);
      expect(Math.abs(cosine)).toBeCloseTo(1, 5);
    });
  });
});

describe('word embeddings to start from', () => {
  const random = new SeededRandom(5);
  // Tokens 0–3 keep company with 8–11, tokens 4–7 with 12–15; 16 never comes.
  const text = Int32Array.from({ length: 6000 }, (_, i) => {
    const topic = Math.floor(i / 6) % 2;
    return topic * 4 + random.integer(0, 4) + (i % 2) * 8;
  });
  const options = { vocab: 17, hidden: 8, window: 5, deviation: 0.05, seed: 0 };

  it('put tokens of like company near each other, with the deviation asked for', async () => {
    const { data, shape } = await wordVectors(executors().onnx, [text], options);
    expect(shape).toEqual([17, 8]);
    const row = (token: number) => data.subarray(token * 8, token * 8 + 8);
    const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
    const cosine = (a: number, b: number) => dot(row(a), row(b)) / Math.sqrt(dot(row(a), row(a)) * dot(row(b), row(b)));
    expect(cosine(0, 1)).toBeGreaterThan(cosine(0, 5));
    const seen = data.subarray(0, 16 * 8);
    expect(Math.sqrt(dot(seen, seen) / seen.length)).toBeCloseTo(0.05, 2);
    expect(dot(row(16), row(16))).toBeGreaterThan(0); // never seen: at random
  });

  it('are the same again', async () => {
    const [a, b] = [
      await wordVectors(executors().onnx, [text], options),
      await wordVectors(executors().onnx, [text], options),
    ];
    expect(a).toEqual(b);
  });
});

function orthonormalColumns(n: number, count: number): number[][] {
  const random = new SeededRandom(11);
  const columns: number[][] = [];
  while (columns.length < count) {
    let column = [...random.floats(n)];
    for (const other of columns) {
      const along = column.reduce((sum, x, i) => sum + x * other[i]!, 0);
      column = column.map((x, i) => x - along * other[i]!);
    }
    const length = Math.hypot(...column);
    columns.push(column.map((x) => x / length));
  }
  return columns;
}
