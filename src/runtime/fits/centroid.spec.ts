import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeHosts, tinyHost } from '../../../test/support/tiny-host.js';
import { loadTinyModel } from '../../../test/support/tiny-model.js';
import type { BaseModel } from '../../models/base-model.js';
import type { EngineHost } from '../engine-host.js';
import { fitCentroid } from './centroid.js';

const TEXTS = Array.from({ length: 40 }, (_, at) => `the rain ${at} and market ${'abc'[at % 3]}`);
let base: BaseModel;
let host: EngineHost;
beforeAll(async () => {
  base = await loadTinyModel({ modelType: 'bert' });
  host = await tinyHost(base);
});
afterAll(closeHosts);

async function embeddingOf(text: string): Promise<Float32Array> {
  const { ids, typeIds } = base.tokenizer.encode(text, { maxTokens: 30 });
  const task = { kind: 'embedding', pooling: 'mean' } as const;
  return (await host.run([{ inputIds: ids, tokenTypeIds: typeIds, bricks: [], heads: [], task }])).rows[0]!.data;
}

const cosine = (x: Float32Array, y: Float32Array) =>
  x.reduce((sum, value, at) => sum + value * y[at]!, 0) / (Math.hypot(...x) * Math.hypot(...y));

describe('a centroid', () => {
  it('is the unit mean direction of the texts on the bare base, with the floor that all but a share reach', async () => {
    const { vector, floor } = await fitCentroid({ base, texts: TEXTS, abstained: 0.1 }, host);
    expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
    const cosines = await Promise.all(TEXTS.map(async (text) => cosine(await embeddingOf(text), vector)));
    expect(cosines.filter((found) => found < floor - 1e-5)).toHaveLength(4);
    const sum = new Float64Array(vector.length);
    for (const text of TEXTS) {
      const own = await embeddingOf(text);
      own.forEach((value, at) => (sum[at]! += value / Math.hypot(...own)));
    }
    const length = Math.hypot(...sum);
    vector.forEach((value, at) => expect(value).toBeCloseTo(sum[at]! / length, 4));
  });

  it('of one text is its own direction, and the order of texts does not matter', async () => {
    const one = await fitCentroid({ base, texts: ['the rain'] }, host);
    expect(cosine(await embeddingOf('the rain'), one.vector)).toBeCloseTo(1, 5);
    expect(one.floor).toBeCloseTo(1, 5);
    const [some, turned] = [TEXTS, [...TEXTS].reverse()];
    const [a, b] = [await fitCentroid({ base, texts: some }, host), await fitCentroid({ base, texts: turned }, host)];
    expect(cosine(a.vector, b.vector)).toBeCloseTo(1, 6);
  });

  it('needs texts, a share, and hears a stop', async () => {
    await expect(fitCentroid({ base, texts: [] }, host)).rejects.toThrow('texts: expected at least one');
    await expect(fitCentroid({ base, texts: ['a'], abstained: 2 }, host)).rejects.toThrow('a share from 0 to 1');
    const stopped = { signal: AbortSignal.abort() };
    await expect(fitCentroid({ base, texts: ['a'] }, host, stopped)).rejects.toThrow('stopped before its end');
  });
});
