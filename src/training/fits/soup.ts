import type { AdapterFiles } from '../../adapters/files.js';
import { importAdapter } from '../../adapters/import.js';
import { Places } from '../../adapters/places.js';
import { IncompatibleAdapterError, ValidationError } from '../../common/errors.js';
import { mergeAdapters, type MergedAdapter } from '../../composition/merge/merge.js';
import type { Executor } from '../../engine/executors/executor.js';
import { reshape } from '../../engine/ops/reshape.js';
import { tensor } from '../../engine/tensor.js';
import type { ParameterTensors } from '../parameter.js';
import { FixedBricks } from './fixed-bricks.js';
import { learnGains, type FitData, type FitSettings, type FitWatch, type LearnedGains } from './learn-gains.js';

export interface SoupFit extends Omit<FitData, 'head'>, Partial<FitSettings> {
  /** PEFT LoRA adapters. */
  readonly members: readonly { readonly name: string; readonly files: AdapterFiles }[];
  /** Whose head answers, with `labels`, and goes into the result; the base's, and none goes along, when absent. */
  readonly head?: string;
}

export interface Soup extends MergedAdapter {
  /** By adapted layer (`role.layer`): α of each member. */
  readonly weights: Readonly<Record<string, readonly number[]>>;
}

export const SOUP_DEFAULTS: FitSettings = { steps: 200, learningRate: 1e-2, batchSize: 16, seed: 0 };

/**
 * One LoRA adapter of several: ΔW = Σᵢ αᵢ · ΔWᵢ with an α for each member and adapted layer, learned on mixed data from
 * α = 1/members, members and head staying as they are. The result holds the members' ranks side by side with α in them
 * (`cat`), so it answers as what was learned did.
 *
 * Prabhakar et al. 2024, "LoRA Soups: Merging LoRAs for Practical Skill Composition Tasks", §3 (CAT), arXiv:2410.13025.
 *
 * @throws ValidationError           for less than one member, and a head that none of them has
 * @throws IncompatibleAdapterError  for members that have no exact merge, or adapt more than layers of the trunk
 */
export async function fitSoup(fit: SoupFit, executor: Executor, watch: FitWatch = {}): Promise<Soup> {
  const { members, base } = fit;
  if (members.length === 0) throw new ValidationError('fit: members: expected at least one, got none');
  const bricks = members.map(({ files }) => importAdapter(files, base).brick);
  const headAt = members.findIndex(({ name }) => name === fit.head);
  const head = bricks[headAt]?.head;
  if (fit.head !== undefined && !head)
    throw new ValidationError(`fit: head: expected a member with one, got ${fit.head}`);
  const learned = soupGains(new FixedBricks(bricks, base.sites));
  const weights = layerWeights(
    learned,
    await learnGains(learned, { ...fit, head }, { ...SOUP_DEFAULTS, ...fit }, { executor, watch }),
  );
  const places = new Places(base);
  const merged = mergeAdapters(
    members.map(({ name, files }, member) => ({
      ...{ files, weight: 1 },
      weightAt: (path) => {
        const place = places.find(path);
        const found = place?.kind === 'site' ? weights[`${place.site.role}.${place.site.layer}`]?.[member] : undefined;
        if (found !== undefined) return found;
        throw new IncompatibleAdapterError(`fit: ${name}: expected adapted layers of the trunk only, got ${path}`);
      },
    })),
    { kind: 'cat', head: head ? headAt : 'none' },
  );
  return { ...merged, weights };
}

/** α of each brick at each place where one acts. */
export function soupGains(bricks: FixedBricks): LearnedGains {
  const count = bricks.bricks.length;
  const places = bricks.places();
  const nameOf = (place: string, layer: number): string => `alpha.${place}.${layer}`;
  const names = new Set(places.map(({ place, layer }) => nameOf(place, layer)));
  const uniform = tensor('float32', [1, 1, count], new Float32Array(count).fill(1 / count));
  return {
    bricks,
    parameters: places.map(({ place, layer }) => ({
      ...{ name: nameOf(place, layer), shape: [count], decay: false, rate: 1, layer },
      initial: tensor('float32', [count], new Float32Array(count).fill(1 / count)),
    })),
    gains: (values) => (place, layer) => {
      const name = nameOf(place, layer);
      return names.has(name) ? reshape(values.get(name), [1, 1, count]) : values.graph.constant(uniform);
    },
  };
}

function layerWeights({ bricks }: LearnedGains, values: ParameterTensors): Record<string, number[]> {
  const count = bricks.bricks.length;
  const learned = bricks.places().map(({ place, layer }) => `${place}.${layer}`);
  const all = bricks.sites.sites.map(({ role, layer }) => `${role}.${layer}`);
  return Object.fromEntries(
    all.map((key) => [
      key,
      learned.includes(key) ? [...(values.get(`alpha.${key}`)?.data ?? [])] : Array<number>(count).fill(1 / count),
    ]),
  );
}
