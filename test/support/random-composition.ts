import { NESTING } from '../../src/composition/nesting.js';
import {
  ROUTING_LAWS,
  type Composition,
  type CompositionKind,
  type Part,
  type Route,
} from '../../src/composition/value.js';
import type { SeededRandom } from './seeded-random.js';

const NAMES = [
  'a',
  'b-c',
  '7b',
  'legal.v2',
  'acme/terms@prod',
  'x@champion',
  `y@sha256:${'0a'.repeat(32)}`,
  'stack',
  '1e3',
];
const WEIGHTS = [1, -1, 0, 0.5, -0.2, 3, 1e-7, -1e5, 2.25];
const LAWS = [
  ...ROUTING_LAWS.filter((by) => by !== 'adapter_fusion').map((by) => ({ by })),
  { by: 'mod_squad', router: 'acme/router@v2' },
  { by: 'centroid', floor: 'auto' },
] as const;
const FUSION = { by: 'adapter_fusion', router: 'mixer' } as const;
const KINDS: readonly CompositionKind[] = ['member', 'sum', 'split', 'route', 'stack', 'parallel'];

/** A composition of every kind and option, as the table of nestings allows it; at most 4 levels and 27 members. */
export function randomComposition(random: SeededRandom): Composition {
  return node(random, 4);
}

function node(random: SeededRandom, levels: number, outer?: CompositionKind): Composition {
  const allowed = KINDS.filter((kind) => outer === undefined || NESTING[outer][kind] === undefined);
  const kind = levels === 1 ? 'member' : oneOf(allowed, random);
  const list = <T>(item: () => T): T[] => Array.from({ length: random.integer(1, 4) }, item);
  const inside = (): Composition => node(random, levels - 1, kind);
  switch (kind) {
    case 'member':
      return oneOf(NAMES, random);
    case 'sum':
      return { sum: list(() => ({ of: inside(), weight: oneOf(WEIGHTS, random) })) };
    case 'stack':
      return { stack: list(inside) };
    case 'parallel':
      return { parallel: list(inside) };
    case 'split':
      return { split: list(() => part(inside(), random)) };
    case 'route':
      return {
        route: [...new Set(list(() => oneOf(NAMES, random)))],
        ...(random.integer(0, 5) === 0 ? FUSION : chosen(random)),
      };
  }
}

function chosen(random: SeededRandom): Omit<Route, 'route'> {
  return {
    ...oneOf(LAWS, random),
    ...(random.integer(0, 2) === 1 && { top_k: 1 }),
    ...(random.integer(0, 2) === 1 && { temperature: 0.5 }),
    ...(random.integer(0, 3) === 1 && { floor: -0.25 }),
  };
}

function part(of: Composition, random: SeededRandom): Part {
  const from = random.integer(0, 10);
  return { of, from, ...(random.integer(0, 2) === 1 && { to: from + random.integer(1, 9) }) };
}

function oneOf<T>(items: readonly T[], random: SeededRandom): T {
  return items[random.integer(0, items.length)]!;
}
