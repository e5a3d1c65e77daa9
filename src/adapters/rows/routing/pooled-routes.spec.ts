import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../../test/support/executors.js';
import { placed } from '../../../../test/support/placed.js';
import { randomBase } from '../../../../test/support/random-base.js';
import { SeededRandom } from '../../../../test/support/seeded-random.js';
import { dim } from '../../../engine/dim.js';
import { Graph } from '../../../engine/graph.js';
import { tensor, type Tensor } from '../../../engine/tensor.js';
import { ChannelInputs } from '../channel-inputs.js';
import { selectPages } from '../selection.js';
import { variantOf } from '../variant.js';
import { PooledRoutes } from './pooled-routes.js';
import { routeFeeds } from './route-feeds.js';

const executors = useExecutors();
const { sites } = randomBase();
const { layers, hidden } = sites;
const SEQ = 3;
const lora = placed(sites, { 'low_rank.query': [1] });
const gate = (id: number) => placed(sites, { 'gate.query': [id] });
const members = (count: number, more: object = {}) =>
  Array.from({ length: count }, () => ({ placement: lora, weight: 1, route: 0, ...more }));

/** Two members by Arrow; a plain row; three by Arrow over one token, of which none clears the floor. */
const ROWS = [
  selectPages(members(2), [{ law: 'arrow', topK: 1, temperature: 1, gates: [gate(1), gate(2)] }]),
  selectPages([{ placement: lora, weight: 1 }]),
  selectPages(members(3, { tokens: { from: 1, to: 2 } }), [
    { law: 'arrow', topK: 2, temperature: 1, floor: 1e6, gates: [gate(2), gate(1), gate(2)] },
  ]),
];
const variant = variantOf(ROWS);
const random = new SeededRandom(3);
/** Page 0 is the identity of the pool. */
const pool = Float32Array.from({ length: 3 * layers * hidden }, (_, at) =>
  at < layers * hidden ? 0 : random.uniform(-1, 1),
);
const x = Float32Array.from({ length: ROWS.length * SEQ * hidden }, () => random.uniform(-1, 1));

async function run(layersAsked: readonly number[]) {
  const graph = new Graph('routes');
  const inputs = new ChannelInputs(graph, variant);
  const routes = new PooledRoutes(inputs, variant.routes!, layers);
  expect(routes.totals()).toBeUndefined();
  const entered = graph.input('x', 'float32', [dim('batch'), dim('seq'), hidden]);
  for (const layer of layersAsked) {
    const shares = routes.sharesAt('query', layer, () => entered);
    expect(routes.sharesAt('query', layer, () => expect.fail('expected the shares of before'))).toBe(shares);
    graph.output(`layer ${layer}`, shares);
  }
  graph.output('shares', routes.totals()!.shares);
  graph.output('abstained', routes.totals()!.abstained);
  const spans = ROWS.map(() => ({ start: 0, length: SEQ }));
  const feeds: Record<string, Tensor> = {
    ...routeFeeds(variant, ROWS, { seq: SEQ, spans }),
    'gate.query.value': tensor('float32', [3 * layers, hidden], pool),
    'x': tensor('float32', [ROWS.length, SEQ, hidden], x), // prettier-ignore
  };
  const results: Record<string, number[]>[] = [];
  for (const executor of [executors().onnx, executors().tfjs]) {
    const program = await executor.compile(graph);
    const read = Object.fromEntries([...graph.inputs.keys()].map((name) => [name, feeds[name]!]));
    const outputs = await program.run(read);
    results.push(Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, [...data].map(Number)])));
    await program.dispose();
  }
  const [onnx, tfjs] = results as [Record<string, number[]>, Record<string, number[]>];
  for (const [name, values] of Object.entries(onnx))
    values.forEach((value, at) => expect(tfjs[name]![at], name).toBeCloseTo(value, 5));
  return onnx;
}

/** |x·v| of the first row's tokens and its two members. */
function winners(layer: number): number[] {
  return Array.from({ length: SEQ }, (_, token) => {
    const score = (page: number): number => {
      const from = (page * layers + layer) * hidden;
      return Math.abs(pool.slice(from, from + hidden).reduce((sum, v, at) => sum + v * x[token * hidden + at]!, 0));
    };
    return score(1) >= score(2) ? 0 : 1;
  });
}

describe('the routes of a batch', () => {
  it('share out by the gate vectors of each layer, and count what each member got', async () => {
    expect(layers).toBeGreaterThan(1);
    const found = await run([0, 1]);
    const each = variant.routes!.routes * variant.routes!.members;
    const counts = [0, 0];
    for (const layer of [0, 1])
      winners(layer).forEach((winner, token) => {
        const shares = found[`layer ${layer}`]!.slice(token * each, token * each + 2);
        expect(shares).toEqual(winner === 0 ? [1, 0] : [0, 1]);
        counts[winner]!++;
      });
    expect(found['shares']!.slice(0, each)).toEqual([...counts, ...Array<number>(each - 2).fill(0)]);
    expect(found['abstained']![0]).toBe(0);
  });

  it('give nothing to rows without routes, and to no member where none clears the floor, which is counted', async () => {
    const found = await run([0]);
    const each = variant.routes!.routes * variant.routes!.members;
    const rest = found['layer 0']!.slice(SEQ * each);
    expect(rest.every((share) => share === 0)).toBe(true);
    expect(found['shares']!.slice(each).every((share) => share === 0)).toBe(true);
    expect(found['abstained']).toEqual([0, 0, 1]); // one token of one layer
  });
});
