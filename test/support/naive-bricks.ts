import { PAGE_RANKS, type Brick, type BottleneckPages, type GatePlace } from '../../src/adapters/brick.js';
import type { GatedRoute } from '../../src/runtime/protocol.js';
import type { SiteTable } from '../../src/models/sites.js';
import { addMatrices, dot, softmax, type Matrix, type NaiveAdapter } from './naive-encoder.js';

/** A brick of a row as plain loops read it. */
export interface NaivePart {
  readonly brick: Brick;
  readonly weight: number;
  /** Of the tokens, in the order of the input; 1 for each unless given. */
  readonly isOn?: (token: number) => boolean;
}

/** A route over parts: gates are those of the members, in their order. */
export interface NaiveRoute extends Omit<GatedRoute, 'gates'> {
  readonly members: readonly NaivePart[];
  readonly gates: readonly Brick[];
  /** Shares seen, token by token and place by place. */
  readonly seen: number[][];
  /** The best score of each of those. */
  readonly best: number[];
}

/** Low-rank pages of a row, summed and routed, by plain loops in float64: an oracle for the graph. */
export function naiveRow(sites: SiteTable, parts: readonly NaivePart[], route?: NaiveRoute): NaiveAdapter {
  return {
    linear: (role, layer, x, y) =>
      y.map((row, token) => {
        const input = x[token]!;
        const shares = route && sharesAt(route, role, layer, input);
        const all = [
          ...parts.map((part) => ({ ...part, share: 1 })),
          ...(route?.members ?? []).map((part, index) => ({ ...part, share: shares![index]! })),
        ];
        return row.map((value, out) => {
          const added = all.map(({ brick, weight, share, isOn }) =>
            isOn?.(token) === false ? 0 : share * weight * lowRankAt(brick, { sites, role, layer, input, out }),
          );
          return added.reduce((sum, one) => sum + one, value);
        });
      }),
  };
}

/** Bottlenecks that read LN(h + i), level by level; those of a level share their tokens out when gates are given. */
export function naiveBottlenecks(
  sites: SiteTable,
  levels: readonly (readonly NaivePart[])[],
  route?: NaiveRoute,
): NaiveAdapter {
  return {
    block: (slot, layer, { output, residual, norm }) => {
      let added: Matrix = output.map((row) => row.map(() => 0));
      for (const level of levels) {
        const x = norm(addMatrices(addMatrices(output, added), residual));
        const update = x.map((input) => {
          const shares = route && sharesAt(route, `${slot}_block`, layer, input);
          const all = level.map(({ brick, weight }, index) =>
            bottleneckAt(brick, { sites, slot, layer, input }).map((value) => value * weight * (shares?.[index] ?? 1)),
          );
          return input.map((_, at) => all.reduce((sum, one) => sum + one[at]!, 0));
        });
        added = addMatrices(added, update);
      }
      return added;
    },
  };
}

function sharesAt(route: NaiveRoute, place: GatePlace, layer: number, x: readonly number[]): number[] {
  const { law, topK, temperature, floor = -Infinity } = route;
  const width = x.length;
  const vectors = route.gates.map(({ gates }) => gates?.[place]?.slice(layer * width, (layer + 1) * width));
  if (vectors.every((vector) => vector === undefined)) return vectors.map(() => 0);
  const mean = x.reduce((sum, value) => sum + value, 0) / width;
  const deviation = Math.sqrt(x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width + 1e-5);
  const products = vectors.map((vector) => {
    if (!vector) return -Infinity;
    if (law === 'arrow') return Math.abs(dot(x, [...vector]));
    if (law === 'mod_squad') return dot(x, [...vector]) / temperature;
    return (
      dot(
        x.map((value) => (value - mean) / deviation),
        [...vector],
      ) / Math.sqrt(width)
    );
  });
  const scores = law === 'mod_squad' ? softmax(products).map((p, e) => (vectors[e] ? p + 1e-4 : -Infinity)) : products;
  const kept = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!).slice(0, topK);
  const best = Math.max(...scores);
  const weights = scores.map((score, e) => {
    if (!kept.includes(e) || score === -Infinity || best < floor) return 0;
    return law === 'mod_squad' ? score : Math.exp((score - best) / temperature);
  });
  const total = law === 'mod_squad' ? 1 : weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => (weight === 0 ? 0 : weight / total));
  route.seen.push(shares);
  route.best.push(best);
  return shares;
}

interface LowRankPlace {
  readonly sites: SiteTable;
  readonly role: keyof Brick['lowRank'];
  readonly layer: number;
  readonly input: readonly number[];
  readonly out: number;
}

function lowRankAt({ lowRank }: Brick, { sites, role, layer, input, out }: LowRankPlace): number {
  const low = lowRank[role];
  if (!low) return 0;
  const width = low.b.length / (low.pages * sites.layers * PAGE_RANKS);
  return units(low.pages, sites.layers, layer).reduce((sum, unit) => {
    const a = low.a.subarray(unit * input.length, (unit + 1) * input.length);
    return sum + dot(input, [...a]) * low.b[unit * width + out]!;
  }, 0);
}

export interface BlockPlace {
  readonly sites: SiteTable;
  readonly slot: BottleneckPages['slot'];
  readonly layer: number;
  readonly input: readonly number[];
}

/** What the bottlenecks of a brick in one slot make of an input, relu and sigmoid only. */
export function bottleneckAt({ bottlenecks }: Brick, { sites, slot, layer, input }: BlockPlace): number[] {
  const { length } = input;
  const result = input.map(() => 0);
  for (const part of bottlenecks.filter((one) => one.slot === slot)) {
    for (let at = 0; at < length; at++) result[at]! += part.bBias[layer * length + at]!;
    for (const unit of units(part.pages, sites.layers, layer)) {
      const row = [...part.a.subarray(unit * length, (unit + 1) * length)];
      const sum = dot(input, row) + part.aBias[unit]!;
      const inner = part.activation === 'sigmoid' ? 1 / (1 + Math.exp(-sum)) : Math.max(0, sum);
      for (let at = 0; at < length; at++) result[at]! += inner * part.b[unit * length + at]!;
    }
  }
  return result;
}

function units(pages: number, layers: number, layer: number): number[] {
  const ranks = Array.from({ length: PAGE_RANKS }, (_, rank) => rank);
  return Array.from({ length: pages }, (_, page) => page).flatMap((page) =>
    ranks.map((rank) => (page * layers + layer) * PAGE_RANKS + rank),
  );
}
