import { IncompatibleAdapterError } from '../../common/errors.js';
import { Random } from '../../common/random.js';
import { concatenate, type WeightedModule } from './cat.js';
import { squaredNorm, type Ranks } from './factors.js';
import { DEFAULT_DENSITY, type DrawMask, type MaskPlace, type MergeOptions } from './options.js';
import { dropAtRandom, keepLargest } from './sparsify.js';
import { cutDelta, cutRanks } from './svd.js';
import { MERGE_LAWS, type MergeLaw } from './table.js';
import { product, transposed } from './singular-values.js';

/** One module of the result, and how far it is from the weighted sum. */
export interface MergedModule {
  readonly ranks: Ranks;
  /** Σ wᵢ · sᵢ · bᵢ of members with a bias of B. */
  readonly bias?: Float64Array | undefined;
  /** ‖result − Σ wᵢ ΔWᵢ‖² and ‖Σ wᵢ ΔWᵢ‖² (Frobenius). */
  readonly lost: number;
  readonly whole: number;
}

/** Numbers of a dense ΔW that a merge may build: 128 MiB as float64. */
const MAX_DENSE = 1 << 24;

/** @param rank  that `svd` and the `_svd` kinds cut to */
export function mergeModule(
  path: string,
  parts: readonly WeightedModule[],
  rank: number,
  options: MergeOptions,
): MergedModule {
  const law = MERGE_LAWS[options.kind];
  const exact = concatenate(parts);
  const whole = squaredNorm([{ sign: 1, ranks: exact }]);
  const bias = biasOf(path, parts, options.kind, law);
  if (law.of === 'ranks') return { ranks: exact, bias, lost: 0, whole };
  if (law.of === 'cut') return { ...cutRanks(exact, rank), bias, whole };
  const ranks =
    law.of === 'factors' ? joinFactors(path, parts, law, options) : joinDeltas(path, parts, law, options, rank);
  const lost = squaredNorm([
    { sign: 1, ranks: exact },
    { sign: -1, ranks },
  ]);
  return { ranks, bias, lost, whole };
}

/** √|w·s| goes to each factor, and the sign to A, so that a member alone is itself. */
function joinFactors(path: string, parts: readonly WeightedModule[], law: MergeLaw, options: MergeOptions): Ranks {
  const [{ module: first }] = parts as [WeightedModule];
  const odd = parts.find(({ module }) => module.rank !== first.rank);
  if (odd) {
    const rule = `${path}: ${options.kind} expects members of one rank, got ${first.rank} and ${odd.module.rank}`;
    throw new IncompatibleAdapterError(`${rule}; cat, svd and the _svd kinds take any`, { param: 'kind' });
  }
  const join = (part: 'A' | 'B'): Float64Array =>
    joined(
      parts.map(({ module, weight, member }) => {
        const size = Math.sqrt(Math.abs(weight * module.scale));
        return {
          values: Float64Array.from(part === 'A' ? module.a : module.b),
          weight: part === 'A' && weight * module.scale < 0 ? -size : size,
          place: { path, part, member },
        };
      }),
      law,
      options,
    );
  return { rank: first.rank, a: join('A'), b: transposed(join('B'), first.out, first.rank) };
}

function joinDeltas(
  path: string,
  parts: readonly WeightedModule[],
  law: MergeLaw,
  options: MergeOptions,
  rank: number,
): Ranks {
  const [{ module: first }] = parts as [WeightedModule];
  if (first.in * first.out > MAX_DENSE) {
    const rule = `${path}: ${options.kind} expects a weight of at most ${MAX_DENSE} numbers`;
    throw new IncompatibleAdapterError(`${rule}, got ${first.out} × ${first.in}`, { param: 'kind' });
  }
  const deltas = parts.map(({ module, weight, member }) => ({
    values: product(Float64Array.from(module.b), scaledA(module), module.rank, module.in),
    weight,
    place: { path, part: 'delta' as const, member },
  }));
  return cutDelta(joined(deltas, law, options), first.out, first.in, rank).ranks;
}

function scaledA({ a, scale }: { a: Float32Array; scale: number }): Float64Array {
  return Float64Array.from(a, (value) => value * scale);
}

interface Placed {
  readonly values: Float64Array;
  readonly weight: number;
  readonly place: MaskPlace;
}

function joined(parts: readonly Placed[], { sparsify, join }: MergeLaw, options: MergeOptions): Float64Array {
  const density = options.density ?? DEFAULT_DENSITY;
  const mask = options.mask ?? randomMasks(options.seed ?? 0, density);
  const sparse = parts.map(({ values, weight, place }) => {
    if (sparsify === undefined) return { values, weight };
    if (sparsify === 'largest') return { values: keepLargest(values, density), weight };
    return { values: dropAtRandom(values, density, density < 1 ? mask(place, values.length) : []), weight };
  });
  return join!(sparse, options.majority ?? 'total');
}

/** Each place has numbers of its own, so a mask does not depend on which other modules or members there are. */
function randomMasks(seed: number, density: number): DrawMask {
  return ({ path, part, member }, size) => {
    const random = Random.stream(seed, 'dare', path, part, member);
    return Uint8Array.from({ length: size }, () => (random.uniform() < density ? 1 : 0));
  };
}

function biasOf(
  path: string,
  parts: readonly WeightedModule[],
  kind: string,
  { join, sparsify }: MergeLaw,
): Float64Array | undefined {
  const own = parts.flatMap(({ module, weight }) => (module.bias ? [{ ...module, bias: module.bias, weight }] : []));
  const [first] = own;
  if (!first) return undefined;
  if (sparsify !== undefined && join !== undefined) {
    const rule = `${path}: ${kind} expects no lora_bias: a bias is not made sparse`;
    throw new IncompatibleAdapterError(`${rule}; cat, svd and linear take it`, { param: 'kind' });
  }
  const sum = new Float64Array(first.out);
  for (const { bias, scale, weight } of own) bias.forEach((value, at) => (sum[at]! += weight * scale * value));
  return sum;
}
