import { PAGE_RANKS, type Brick } from '../../src/adapters/brick.js';
import { tensor } from '../../src/engine/tensor.js';
import type { HostedBase } from '../../src/runtime/engine-host.js';

/**
 * The base whose weights have been changed as the bricks say, by plain loops in double precision: an oracle for the page
 * pools. Knows low-rank pages, vectors, norms and embeddings; scales sum as 1 + Σ wᵢ(gᵢ − 1).
 */
export function mergeBrick(base: HostedBase, parts: readonly { brick: Brick; weight: number }[]): HostedBase {
  const weights = new Map(base.weights);
  const change = (name: string, by: (index: number, value: number) => number): void => {
    const { shape, data } = weights.get(name)!;
    weights.set(
      name,
      tensor(
        'float32',
        shape,
        data.map((value, index) => by(index, value)),
      ),
    );
  };
  const sum = (of: (brick: Brick) => number): number =>
    parts.reduce((total, { brick, weight }) => total + weight * of(brick), 0);
  const { layers } = base.sites;
  for (const { module, role, layer, in: width, out } of base.sites.sites) {
    const scale = (side: 'outputScale' | 'inputScale', at: number): number =>
      1 + sum(({ vectors }) => (vectors[role]?.[side]?.[at] ?? 1) - 1);
    change(`${module}.weight`, (index, value) => {
      const [to, from] = [Math.floor(index / width), index % width];
      const kept = scale('outputScale', layer * out + to) * value * scale('inputScale', layer * width + from);
      return kept + sum(({ lowRank }) => lowRankAt(lowRank[role], { layers, layer, width, out, to, from }));
    });
    change(`${module}.bias`, (to, value) => value + sum(({ vectors }) => vectors[role]?.bias?.[layer * out + to] ?? 0));
  }
  for (const { module, place, layer, width } of base.sites.norms) {
    const first = place === 'embeddings' ? 0 : (2 * layer + (place === 'ffn' ? 1 : 0)) * width;
    const deltas = (brick: Brick) => (place === 'embeddings' ? brick.embeddingNorm : brick.blockNorms);
    change(`${module}.weight`, (at, value) => value + sum((brick) => deltas(brick)?.gain[first + at] ?? 0));
    change(`${module}.bias`, (at, value) => value + sum((brick) => deltas(brick)?.bias[first + at] ?? 0));
  }
  for (const { module, table, rows, width } of base.sites.embeddings)
    change(`${module}.weight`, (index, value) => {
      const [row, at] = [Math.floor(index / width), index % width];
      return (
        value +
        sum(({ embeddings }) =>
          embeddingAt(
            embeddings.find((one) => one.table === table),
            { rows, width, row, at },
          ),
        )
      );
    });
  return { ...base, weights };
}

function lowRankAt(
  low: Brick['lowRank']['query'],
  { layers, layer, width, out, to, from }: Record<'layers' | 'layer' | 'width' | 'out' | 'to' | 'from', number>,
): number {
  let total = 0;
  for (let page = 0; page < (low?.pages ?? 0); page++)
    for (let rank = 0; rank < PAGE_RANKS; rank++) {
      const unit = (page * layers + layer) * PAGE_RANKS + rank;
      total += low!.a[unit * width + from]! * low!.b[unit * out + to]!;
    }
  return total;
}

function embeddingAt(
  pages: Brick['embeddings'][number] | undefined,
  { rows, width, row, at }: Record<'rows' | 'width' | 'row' | 'at', number>,
): number {
  let total = 0;
  for (let page = 0; page < (pages?.pages ?? 0); page++)
    for (let rank = 0; rank < PAGE_RANKS; rank++)
      total += pages!.a[(page * rows + row) * PAGE_RANKS + rank]! * pages!.b[(page * PAGE_RANKS + rank) * width + at]!;
  return total;
}
