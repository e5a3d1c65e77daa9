import { expect, it } from 'vitest';
import { SeededRandom } from '../../../test/support/seeded-random.js';
import { expectOp } from '../../../test/support/expect-op.js';
import { useExecutors } from '../../../test/support/executors.js';
import { lowRankUpdate } from '../../adapters/rows/low-rank.js';
import type { Graph, Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { mul } from '../../engine/ops/mul.js';
import { reduceSum } from '../../engine/ops/reduce-sum.js';
import { square } from '../../engine/ops/square.js';
import { tensor } from '../../engine/tensor.js';
import type { Site } from '../../models/sites.js';
import { balanceLoss, BALANCES } from './balance.js';
import { SquadRoutes } from './squad-routes.js';
import { squadPlace, type SquadShape } from './squad-shape.js';

const executors = useExecutors();
const [BATCH, SEQ, IN, OUT, EXPERTS, RANK, TOP_K, TEMPERATURE] = [3, 2, 4, 3, 4, 2, 2, 0.8];
const TASK = [0, 1, 0];
const MASK = [1, 1, 1, 0, 1, 1];
const site: Site = { module: 'query', role: 'query', layer: 0, in: IN, out: OUT };
const shape: SquadShape = {
  ...{ experts: EXPERTS, topK: TOP_K, temperature: TEMPERATURE, tasks: ['one', 'two'] },
  places: [squadPlace(site)],
};

const random = new SeededRandom(4);
const numbers = (size: number): Float32Array => Float32Array.from({ length: size }, () => random.uniform(-1, 1));
const x = numbers(BATCH * SEQ * IN);
const inputs = {
  a: { shape: [EXPERTS * RANK, IN], data: numbers(EXPERTS * RANK * IN) },
  b: { shape: [EXPERTS * RANK, OUT], data: numbers(EXPERTS * RANK * OUT) },
  router: { shape: [2, EXPERTS, IN], data: numbers(2 * EXPERTS * IN) },
};

/** Output of the routed site, squared and summed, and the balance of the place. */
function loss(graph: Graph, values: Record<keyof typeof inputs, Value>, law: (typeof BALANCES)[number]): Value {
  const routes = new SquadRoutes(graph, shape, {
    task: () => graph.constant(tensor('int32', [BATCH], Int32Array.from(TASK))),
    mask: () => graph.constant(tensor('int32', [BATCH, SEQ], Int32Array.from(MASK))),
  });
  const entering = graph.constant(tensor('float32', [BATCH, SEQ, IN], x));
  const y = lowRankUpdate(routes.lowRank(site, entering, { place: squadPlace(site), ...values }), entering);
  const total = reduceSum(square(mul(y, 0.3)));
  const balance = balanceLoss({ law, weight: 0.7 }, [...routes.loads.values()]);
  return balance ? add(total, balance) : total;
}

/** The same in plain loops, for no balance. */
function plain(): number {
  let sum = 0;
  for (let token = 0; token < BATCH * SEQ; token++) {
    const own = x.subarray(token * IN, (token + 1) * IN);
    const dot = (from: Float32Array, row: number): number =>
      own.reduce((all, v, i) => all + v * from[row * IN + i]!, 0);
    const task = TASK[Math.floor(token / SEQ)]!;
    const odds = Array.from({ length: EXPERTS }, (_, e) =>
      Math.exp(dot(inputs.router.data, task * EXPERTS + e) / TEMPERATURE),
    );
    const all = odds.reduce((p, q) => p + q);
    const shares = odds.map((odd) => odd / all + 1e-4);
    const least = [...shares].sort((p, q) => q - p)[TOP_K - 1]!;
    for (let out = 0; out < OUT; out++) {
      let y = 0;
      for (let rank = 0; rank < EXPERTS * RANK; rank++) {
        const share = shares[Math.floor(rank / RANK)]!;
        if (share >= least) y += share * dot(inputs.a.data, rank) * inputs.b.data[rank * OUT + out]!;
      }
      sum += (0.3 * y) ** 2;
    }
  }
  return sum;
}

it('a routed site is what plain loops give', async () => {
  const got = await expectOp(executors(), {
    inputs,
    build: (values, graph) => loss(graph, values, 'none'),
    expected: [[plain()]],
    gradient: 'none',
  });
  expect(got[0]!.data[0]).toBeGreaterThan(0.01);
});

it.each(BALANCES)('experts and routers have the gradients that differences give, under %s', async (law) => {
  await expectOp(executors(), { inputs, build: (values, graph) => loss(graph, values, law), gradient: 'finite' });
});
