import { PAGE_RANKS, type Brick } from '../../src/adapters/brick.js';
import { SITE_ROLES, type SiteRole, type SiteTable } from '../../src/models/sites.js';
import type { BottleneckPages } from '../../src/adapters/brick.js';
import { randomSequenceHead } from './random-base.js';
import { SeededRandom } from './seeded-random.js';

export const BRICK_KINDS = [
  'lora',
  'all_linear',
  'dora',
  'ia3',
  'biases',
  'norms',
  'embedding',
  'bottleneck_normed',
  'bottleneck_output',
  'bottleneck_residual',
  'prefix',
  'prompt',
] as const;
export type BrickKind = (typeof BRICK_KINDS)[number];

export interface RandomBrickOptions {
  readonly seed: number;
  readonly pages?: number;
  readonly labels?: number;
}

/** A brick of one kind with random numbers, and a sequence head of its own. */
export function randomBrick(
  kind: BrickKind,
  sites: SiteTable,
  { seed, pages = 1, labels = 3 }: RandomBrickOptions,
): Brick {
  const random = new SeededRandom(seed);
  const empty: Brick = { lowRank: {}, embeddings: [], vectors: {}, bottlenecks: [] };
  const head = randomSequenceHead(random, sites.hidden, labels);
  return { ...empty, ...partOf(kind, sites, random, pages), head };
}

function partOf(kind: BrickKind, sites: SiteTable, random: SeededRandom, pages: number): Partial<Brick> {
  const { layers, hidden } = sites;
  const width = (role: SiteRole, side: 'in' | 'out'): number =>
    sites.sites.find((site) => site.role === role)?.[side] ?? 0;
  const low = (role: SiteRole) => ({
    pages,
    a: random.floats(pages * layers * PAGE_RANKS * width(role, 'in'), -0.3, 0.3),
    b: random.floats(pages * layers * PAGE_RANKS * width(role, 'out'), -0.3, 0.3),
  });
  const scale = (role: SiteRole, side: 'in' | 'out') => random.floats(layers * width(role, side), 0.5, 1.5);
  const bias = (role: SiteRole) => random.floats(layers * width(role, 'out'), -0.5, 0.5);
  const embedding = sites.embeddings.find(({ table }) => table === 'word')?.width ?? 0;
  const norms = (count: number, size: number) => ({
    gain: random.floats(count * size, -0.3, 0.3),
    bias: random.floats(count * size, -0.3, 0.3),
  });
  switch (kind) {
    case 'lora':
      return { lowRank: { query: low('query'), value: low('value') } };
    case 'all_linear':
      return { lowRank: Object.fromEntries(SITE_ROLES.map((role) => [role, low(role)])) };
    case 'dora':
      return { lowRank: { query: low('query') }, vectors: { query: { outputScale: scale('query', 'out') } } };
    case 'ia3':
      return {
        vectors: {
          key: { outputScale: scale('key', 'out'), bias: bias('key') },
          ffn_down: { inputScale: scale('ffn_down', 'in') },
        },
      };
    case 'biases':
      return { vectors: Object.fromEntries(SITE_ROLES.map((role) => [role, { bias: bias(role) }])) };
    case 'norms':
      return { blockNorms: norms(2 * layers, hidden), embeddingNorm: norms(1, embedding) };
    case 'embedding':
      return {
        embeddings: sites.embeddings.map(({ table, rows, width: size }) => ({
          table,
          pages,
          a: random.floats(pages * rows * PAGE_RANKS, -0.3, 0.3),
          b: random.floats(pages * PAGE_RANKS * size, -0.3, 0.3),
        })),
      };
    case 'bottleneck_normed':
      return {
        bottlenecks: [
          bottleneck(random, sites, pages, 'ffn', 'normed'),
          bottleneck(random, sites, pages, 'attention', 'normed'),
        ],
      };
    case 'bottleneck_output':
      return { bottlenecks: [bottleneck(random, sites, pages, 'attention', 'output')] };
    case 'bottleneck_residual':
      return { bottlenecks: [bottleneck(random, sites, pages, 'ffn', 'residual')] };
    case 'prefix': {
      const tokens = 2 * pages + 1;
      const size = tokens * layers * hidden;
      return { prefix: { tokens, keys: random.floats(size), values: random.floats(size) } };
    }
    case 'prompt': {
      const tokens = pages + 2;
      return { prompt: { tokens, embeddings: random.floats(tokens * embedding) } };
    }
  }
}

function bottleneck(
  random: SeededRandom,
  { layers, hidden }: SiteTable,
  pages: number,
  slot: BottleneckPages['slot'],
  input: BottleneckPages['input'],
): BottleneckPages {
  const units = pages * layers * PAGE_RANKS;
  return {
    slot,
    input,
    activation: input === 'residual' ? 'sigmoid' : 'relu', // sigmoid(0) is not 0: padding pages must still add nothing
    pages,
    a: random.floats(units * hidden, -0.3, 0.3),
    aBias: random.floats(units, -0.3, 0.3),
    b: random.floats(units * hidden, -0.3, 0.3),
    bBias: random.floats(layers * hidden, -0.3, 0.3),
  };
}
