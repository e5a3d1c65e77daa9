import type { Brick, GatePlace } from '../../../../adapters/brick.js';
import { arrowGates } from '../../../../composition/routing/arrow.js';
import { centroidOf, centroidShares } from '../../../../composition/routing/centroid.js';
import type { GateVectors } from '../../../../composition/routing/gate-vectors.js';
import type { Answering } from '../examiner.js';
import { readGates } from '../gates.js';
import { withBricks, type ComposeRow, type Stage } from '../stage.js';

const TEMPERATURE = 1;
/** Cosines of alike texts lie close together; without this all centroids share alike. */
const CENTROID_TEMPERATURE = 0.05;

const arrow = (topK: number): ComposeRow => ({
  name: `Arrow, top ${topK}`,
  score: (stage) => routed(stage, 'arrow', topK, ({ brick }) => arrowGates(brick, stage.base.sites.layers)),
});

const centroid = (topK: number): ComposeRow => ({
  name: `centroid, top ${topK}`,
  async score({ examiner, train, test, bricks }) {
    const embeddings = await examiner.embeddings(train);
    const centroids = bricks.map((_, domain) =>
      centroidOf(embeddings.filter((_embedding, at) => train[at]!.domain === domain)),
    );
    const asked = await examiner.embeddings(test);
    const shares = asked.map((x) => centroidShares(x, centroids, { topK, temperature: CENTROID_TEMPERATURE }));
    const { accuracy } = await examiner.score(test, (_, at) => ({
      bricks: bricks.map(({ id }, member) => ({ id, weight: shares[at]![member]! })).filter(({ weight }) => weight > 0),
    }));
    return { accuracy, what: rightShare(test, shares) };
  },
});

const phatgoose = (topK: number): ComposeRow => ({
  name: `PHATGOOSE, top ${topK}`,
  async score(stage) {
    const gates = await Promise.all(stage.bricks.map(({ directory }) => readGates(directory)));
    return routed(stage, 'phatgoose', topK, (_, at) => gates[at]!);
  },
});

/** The bricks share each text, or each token, among them. */
export const routedRows: readonly ComposeRow[] = [
  arrow(1),
  arrow(2),
  arrow(3),
  centroid(3),
  phatgoose(2),
  phatgoose(3),
];

/** Every brick behind one route. */
async function routed(
  { runtime, examiner, test, bricks, base }: Stage,
  law: 'arrow' | 'phatgoose',
  topK: number,
  gatesOf: (brick: Stage['bricks'][number], at: number) => GateVectors,
) {
  const vectors = bricks.map(gatesOf);
  const gates = new Map(bricks.map(({ id }, at): [string, Brick] => [`${id}#gates`, gateBrick(vectors[at]!)]));
  const answering: Answering = {
    bricks: bricks.map(({ id }) => ({ id, weight: 1, route: 0 })),
    routes: [{ law, topK, temperature: TEMPERATURE, gates: [...gates.keys()] }],
  };
  const { accuracy, shares } = await withBricks(runtime, gates, () => examiner.score(test, () => answering));
  const alike = likeness(vectors, base.sites.layers).toFixed(2);
  return { accuracy, what: `${rightShare(test, shares)}, gates of two bricks alike by ${alike}` };
}

/** A brick that holds nothing but what a route compares. */
function gateBrick(gates: GateVectors): Brick {
  return { lowRank: {}, embeddings: [], vectors: {}, bottlenecks: [], gates };
}

/** |cos| of the gates of two bricks, the mean over pairs, places and layers. */
function likeness(all: readonly GateVectors[], layers: number): number {
  const pairs = all.flatMap((one, at) => all.slice(at + 1).map((other) => [one, other] as const));
  const each = pairs.flatMap(([one, other]) =>
    (Object.keys(one) as GatePlace[]).flatMap((place) => {
      const [v, w] = [one[place]!, other[place]!];
      const width = v.length / layers;
      return Array.from({ length: layers }, (_, layer) => {
        const [from, to] = [layer * width, (layer + 1) * width];
        return Math.abs(cosine(v.subarray(from, to), w.subarray(from, to)));
      });
    }),
  );
  return each.reduce((sum, one) => sum + one, 0) / each.length;
}

function cosine(v: Float32Array, w: Float32Array): number {
  return dot(v, w) / Math.sqrt(dot(v, v) * dot(w, w));
}

function dot(v: Float32Array, w: Float32Array): number {
  return v.reduce((sum, value, at) => sum + value * w[at]!, 0);
}

/** How much of the routed share went to the right brick, over all questions. */
function rightShare(questions: Stage['test'], shares: readonly Float32Array[]): string {
  const right = questions.reduce((sum, { domain }, at) => sum + (shares[at]?.[domain] ?? 0), 0) / questions.length;
  return `${(100 * right).toFixed(0)} % of the shares to the right brick`;
}
