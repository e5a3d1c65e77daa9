import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../../test/support/executors.js';
import { SeededRandom } from '../../../../test/support/seeded-random.js';
import { Graph } from '../../../engine/graph.js';
import { tensor } from '../../../engine/tensor.js';
import { TOKEN_LAWS, type TokenLaw } from './laws.js';
import { ALL_MEMBERS_CLEAR, lawNumber } from './route-settings.js';
import { routeShares } from './route-shares.js';

const executors = useExecutors();
const [SEQ, IN, MEMBERS] = [3, 6, 4];

interface Asked {
  readonly law: TokenLaw;
  readonly temperature?: number;
  readonly topK?: number;
  readonly floor?: number;
  readonly isPresent?: readonly boolean[];
  /** x·v of each token and member; random where absent. */
  readonly products?: readonly (readonly number[])[];
}

const random = new SeededRandom(8);
const X = Array.from({ length: SEQ }, () => Array.from({ length: IN }, () => random.uniform(-2, 2)));
const PRODUCTS = X.map(() => Array.from({ length: MEMBERS }, () => random.uniform(-3, 3)));
const ALL = Array<boolean>(MEMBERS).fill(true);

/** The shares of one route a row by the graph: [row][token][member], and which tokens cleared the floor. */
async function computed(rows: readonly Asked[]) {
  const graph = new Graph('shares');
  const numbers = (values: readonly number[], ...shape: number[]) =>
    graph.constant(tensor('float32', shape, Float32Array.from(values)));
  const column = (value: (row: Asked) => number) => numbers(rows.map(value), rows.length, 1, 1, 1);
  const isPresent = rows.flatMap((row) => (row.isPresent ?? ALL).map(Number));
  const { shares, cleared } = routeShares(
    TOKEN_LAWS.filter((law) => rows.some((row) => row.law === law)),
    {
      law: column(({ law }) => lawNumber(law)),
      inverseTemperature: column(({ temperature = 1 }) => 1 / temperature),
      topK: column(({ topK = 2 }) => topK),
      floor: column(({ floor = ALL_MEMBERS_CLEAR }) => floor),
    },
    {
      x: numbers(rows.flatMap(() => X.flat()), rows.length, SEQ, IN), // prettier-ignore
      products: numbers(rows.flatMap(({ products = PRODUCTS }) => products.flat()), rows.length, SEQ, 1, MEMBERS), // prettier-ignore
      isPresent: graph.constant(tensor('bool', [rows.length, 1, 1, MEMBERS], Uint8Array.from(isPresent))),
    },
  );
  graph.output('shares', shares);
  graph.output('cleared', cleared);
  const found: number[][] = [];
  for (const executor of [executors().onnx, executors().tfjs]) {
    const program = await executor.compile(graph);
    const outputs = await program.run({});
    found.push([...outputs['shares']!.data, ...outputs['cleared']!.data].map(Number));
    await program.dispose();
  }
  const [onnx, tfjs] = found as [number[], number[]];
  onnx.forEach((value, at) => expect(tfjs[at]).toBeCloseTo(value, 5));
  return rows.map((_, row) =>
    X.map((_token, at) => {
      const from = (row * SEQ + at) * MEMBERS;
      return { shares: onnx.slice(from, from + MEMBERS), cleared: onnx[rows.length * SEQ * MEMBERS + row * SEQ + at] };
    }),
  );
}

/** The same by the formulas, token by token. */
function expected({ law, temperature = 1, topK = 2, floor = -Infinity, isPresent = ALL, products = PRODUCTS }: Asked) {
  return products.map((given, at) => {
    const present = [...given.keys()].filter((member) => isPresent[member]);
    const x = X[at]!;
    const mean = x.reduce((sum, value) => sum + value, 0) / IN;
    const deviation = Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / IN + 1e-5);
    const odds = present.reduce((sum, member) => sum + Math.exp(given[member]! / temperature), 0);
    const scores = given.map((product) => {
      if (law === 'arrow') return Math.abs(product);
      if (law === 'phatgoose') return product / (deviation * Math.sqrt(IN));
      return Math.exp(product / temperature) / odds + 1e-4;
    });
    const kept = [...present].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, topK);
    const best = scores[kept[0] ?? -1] ?? -Infinity;
    if (best < floor || kept.length === 0) return scores.map(() => 0);
    const whole = kept.reduce((sum, member) => sum + Math.exp((scores[member]! - best) / temperature), 0);
    return scores.map((score, member) => {
      if (!kept.includes(member)) return 0;
      return law === 'mod_squad' ? score : Math.exp((score - best) / temperature) / whole;
    });
  });
}

const close = (got: readonly number[], wanted: readonly number[]): void => {
  wanted.forEach((value, member) => expect(got[member]).toBeCloseTo(value, 5));
};

describe('the shares of a route', () => {
  it('are those of its own law, in a batch of all laws and settings', async () => {
    const rows: Asked[] = TOKEN_LAWS.flatMap((law) => [
      { law },
      { law, topK: 1 },
      { law, topK: MEMBERS, temperature: 0.3 },
      { law, topK: 9, temperature: 4 },
      { law, isPresent: [false, true, true, false] },
      { law, isPresent: [false, false, true, false], topK: 3 },
    ]);
    const found = await computed(rows);
    for (const [at, row] of rows.entries())
      expected(row).forEach((shares, token) => close(found[at]![token]!.shares, shares));
    for (const [at, { law }] of rows.entries())
      if (law !== 'mod_squad')
        for (const { shares } of found[at]!) expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(1, 5);
  });

  it('are 0 where the best score is under the floor, and the rest is cleared', async () => {
    const products = [[1, 0, 0, 0], [0, -3, 0, 0], [2, 2.5, 0, 0]]; // prettier-ignore
    const row: Asked = { law: 'arrow', floor: 2, products };
    const [tokens] = await computed([row]);
    expect(tokens!.map(({ cleared }) => cleared)).toEqual([0, 1, 1]);
    expected(row).forEach((shares, token) => close(tokens![token]!.shares, shares));
    expect(tokens![0]!.shares).toEqual([0, 0, 0, 0]);
  });

  it('of equal scores go to the first', async () => {
    const products = X.map(() => [1, 2, -2, 2]);
    const [one, two] = await computed([1, 2].map((topK) => ({ law: 'arrow' as const, topK, products })));
    for (const { shares } of one!) close(shares, [0, 1, 0, 0]);
    for (const { shares } of two!) close(shares, [0, 0.5, 0.5, 0]);
  });

  it('are 0 and finite where no member is there, and where scores are huge', async () => {
    const products = X.map(() => [1e4, -1e4, 5e3, 0]);
    const nobody = ALL.map(() => false);
    const found = await computed(
      TOKEN_LAWS.flatMap((law): Asked[] => [
        { law, isPresent: nobody },
        { law, products, temperature: 0.1 },
      ]),
    );
    for (const [at, tokens] of found.entries())
      for (const { shares } of tokens) {
        expect(shares.every(Number.isFinite)).toBe(true);
        if (at % 2 === 0) close(shares, [0, 0, 0, 0]);
      }
  });
});
