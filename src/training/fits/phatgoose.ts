import type { Brick } from '../../adapters/brick.js';
import type { GateVectors } from '../../composition/routing/gate-vectors.js';
import { phatgooseGates } from '../../composition/routing/phatgoose.js';
import type { Executor } from '../../engine/executors/executor.js';
import type { Value } from '../../engine/graph.js';
import { matmul } from '../../engine/ops/matmul.js';
import { unsqueeze } from '../../engine/ops/reshape.js';
import { sigmoid } from '../../engine/ops/sigmoid.js';
import { tensor } from '../../engine/tensor.js';
import type { SiteTable } from '../../models/sites.js';
import type { ParameterTensors } from '../parameter.js';
import { FixedBricks } from './fixed-bricks.js';
import {
  expectWholeHead,
  learnGains,
  type FitData,
  type FitSettings,
  type FitWatch,
  type LearnedGains,
} from './learn-gains.js';

export interface PhatgooseFit extends Omit<FitData, 'head'>, Partial<FitSettings> {
  /** Of an adapter, as `importAdapter` gives it; its own head answers where it has one. */
  readonly brick: Brick;
}

/** As the authors have it: a hundred steps at 1e-3. */
export const PHATGOOSE_DEFAULTS: FitSettings = { steps: 100, learningRate: 1e-3, batchSize: 16, seed: 0 };

/**
 * Fits the gates of an adapter by its own data: its update is multiplied by σ(x·v) at each token and place, v begins at 0 and
 * is all that is trained. Tokens that the adapter helps pull v towards them.
 *
 * Muqeeth et al. 2024, "Learning to Route Among Specialized Experts for Zero-Shot Generalization", §3.1, arXiv:2402.05859.
 *
 * @returns  by place [layers, width of what enters it]: `trained`, as v came out, and `gates`, standardised layer by layer as
 *           routes read them; zeros where the adapter changes nothing
 * @throws IncompatibleAdapterError  for an adapter that cannot be weighed by token
 * @throws ValidationError | DivergedError | CancelledError  as `learnGains`
 */
export async function fitPhatgoose(
  fit: PhatgooseFit,
  executor: Executor,
  watch: FitWatch = {},
): Promise<{ gates: GateVectors; trained: GateVectors }> {
  const { brick, base } = fit;
  expectWholeHead(brick);
  const learned = phatgooseGains(new FixedBricks([brick], base.sites));
  const settings = { ...PHATGOOSE_DEFAULTS, ...fit };
  const trained = gateVectors(
    await learnGains(learned, { ...fit, head: brick.head }, settings, { executor, watch }),
    learned,
    base.sites,
  );
  return { trained, gates: phatgooseGates(trained, base.sites.layers) };
}

/** The gate σ(x·v) of one brick at each place where it acts. */
export function phatgooseGains(bricks: FixedBricks): LearnedGains {
  const places = bricks.places();
  return {
    bricks,
    parameters: places.map(({ place, layer, width }) => ({
      name: gateName(place, layer),
      shape: [width],
      decay: false,
      rate: 1,
      layer,
      initial: tensor('float32', [width], new Float32Array(width)),
    })),
    gains: (values) => {
      const acting = new Set(places.map(({ place, layer }) => gateName(place, layer)));
      return (place, layer, x): Value => {
        const name = gateName(place, layer);
        if (!acting.has(name)) return values.graph.constant(tensor('float32', [1, 1, 1], new Float32Array(1)));
        return sigmoid(matmul(x(), unsqueeze(values.get(name), [1]))); // [batch, seq, 1]
      };
    },
  };
}

function gateVectors(values: ParameterTensors, { bricks }: LearnedGains, { layers }: SiteTable): GateVectors {
  const vectors: GateVectors = {};
  for (const { place, layer, width } of bricks.places()) {
    const all = (vectors[place] ??= new Float32Array(layers * width));
    all.set(values.get(gateName(place, layer))?.data ?? [], layer * width);
  }
  return vectors;
}

function gateName(place: string, layer: number): string {
  return `gate.${place}.${layer}`;
}
