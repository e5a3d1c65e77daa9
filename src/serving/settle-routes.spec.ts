import { describe, expect, it } from 'vitest';
import type { RowResult } from '../runtime/protocol.js';
import { workOf } from './row-builder.js';
import type { ServedModel } from './served-model.js';
import { allShares, settleWorks, unsettled } from './settle-routes.js';
import type { Work } from './submission.js';

const ref = (id: string) => ({ id, objectKey: id, sha256: id, bytes: 1 });
const model: ServedModel = {
  ...{ name: 'base', adapter: 'a', versions: [], held: [], heads: ['c'], tasks: ['embedding'], virtualTokens: 3 },
  bricks: [
    { ref: ref('a'), weight: 0.5, route: 0 },
    { ref: ref('b'), weight: 1, route: 0 },
    { ref: ref('c'), weight: 1, route: 1 },
    { ref: ref('d'), weight: 2 },
  ],
  routes: [
    {
      law: 'centroid',
      ...{ topK: 2, temperature: 1, floor: 0.1 },
      centroids: [Float32Array.of(1, 0), Float32Array.of(0, 1)],
    },
    { law: 'arrow', topK: 1, temperature: 1, gates: [ref('g')] },
  ],
  besides: [ref('b')],
};
const input = (...ids: number[]) => ({ ids: Int32Array.from(ids) });
const task = { kind: 'sequence' } as const;
const works = [input(1, 2), input(7)].map((one) => workOf(unsettled(model), one, task));

function runner(...embeddings: number[][]) {
  const ran: Work[] = [];
  const run = async (all: readonly Work[]): Promise<RowResult[]> => {
    ran.push(...all);
    return embeddings.map((data) => ({ shape: [data.length], data: Float32Array.from(data) }));
  };
  return { ran, run };
}

describe('routes by the request', () => {
  it('embed each input on the bare base, and give its row the bricks of its shares', async () => {
    const { ran, run } = runner([3, 3], [-1, -1]);
    const [both, none] = await settleWorks(model, works, run);
    expect(
      ran.map(({ row, bricks, tokens }) => [[...row.inputIds], row.bricks, row.heads, row.task, bricks, tokens]),
    ).toEqual([[1, 2], [7]].map((ids) => [ids, [], ['base'], { kind: 'embedding', pooling: 'mean' }, [], ids.length]));
    expect(both?.work).toMatchObject({
      tokens: 5,
      row: {
        bricks: [
          { id: 'a', weight: 0.25 },
          { id: 'b', weight: 0.5 },
          { id: 'c', route: 0 },
          { id: 'd', weight: 2 },
        ],
        routes: [{ law: 'arrow', gates: ['g'] }],
        ...{ task, heads: ['c'] },
      },
    });
    expect(both?.shares).toEqual([Float32Array.of(0.5, 0.5, 0), undefined]);
    expect(none?.work.row.bricks.map(({ id }) => id)).toEqual(['c', 'd']);
    expect(none?.work.bricks.map(({ id }) => id)).toEqual(['c', 'd', 'g', 'b']);
    expect(none?.shares).toEqual([Float32Array.of(0, 0, 1), undefined]);
  });

  it('leave rows as they are where none is asked, and run nothing', async () => {
    const plain = { ...model, bricks: [], routes: [] };
    const { ran, run } = runner();
    expect(unsettled(plain)).toBe(plain);
    expect(await settleWorks(plain, works, run)).toEqual(works.map((work) => ({ work, shares: [] })));
    expect(ran).toEqual([]);
  });

  it('are never put into a row undecided', () => {
    expect(() => workOf(model, input(1), task)).toThrow('expected routes by the request to be settled');
  });

  it('have their shares among those of the graph, in the order of the routes', () => {
    const [mine, graphs] = [Float32Array.of(1, 0), Float32Array.of(0.5, 0.5)];
    expect(allShares([mine, undefined], { shares: [graphs] })).toEqual([mine, graphs]);
    expect(allShares([undefined, mine], { shares: [graphs] })).toEqual([graphs, mine]);
    expect(allShares([], { shares: [graphs] })).toEqual([graphs]);
    expect(allShares([], {})).toBeUndefined();
  });
});
