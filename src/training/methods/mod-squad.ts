import { IncompatibleAdapterError, ValidationError } from '../../common/errors.js';
import { Places } from '../../adapters/places.js';
import { mul } from '../../engine/ops/mul.js';
import { writeSafetensors } from '../../engine/io/safetensors.js';
import { sizeOf, tensor, type Tensor } from '../../engine/tensor.js';
import type { Site } from '../../models/sites.js';
import type { ParameterValues } from '../graph/parameter-values.js';
import type { Parameter } from '../parameter.js';
import { factorName, headName, SQUAD_WEIGHTS } from '../squad/squad-names.js';
import type { RoutedValues } from '../squad/squad-routes.js';
import { squadPlace, type SquadShape } from '../squad/squad-shape.js';
import type { Trainable } from '../trainable.js';
import { startHead } from './head-start.js';
import type { MethodContext, TrainingMethod } from './method.js';
import type { ModSquadOptions } from './options.js';

/**
 * Experts of LoRA that several tasks share, and a router for each task and place: y = W·x + b + Σ_{e kept} p_e · s·B_e·A_e·x,
 * p = softmax(G_t·x / temperature) + 1e-4, the best k kept and not normalised again, by the law that serves it. Factors start as
 * LoRA's, routers at N(0, `routerDeviation`).
 *
 * Chen et al. 2023, "Mod-Squad", arXiv:2212.08066, with LoRA (Hu et al. 2021, arXiv:2106.09685) for experts.
 */
export const modSquad: TrainingMethod<'mod_squad'> = {
  start: startSquad,
  open() {
    throw new IncompatibleAdapterError('mod_squad: expected a squad that starts anew, got files to go on from', {
      param: 'model',
    });
  },
};

function startSquad(options: ModSquadOptions, context: MethodContext): Trainable {
  const sites = sitesOf(options, context);
  const squad = shapeOf(options, context, sites);
  const places = new Places(context.base);
  const { layers } = context.base.config;
  const head = [...startHead(context)].map(([path, initial]): Parameter & { readonly path: string } => ({
    ...{ name: headName(path), shape: initial.shape, initial, path, layer: layers, rate: 1 },
    decay: !path.endsWith('.bias'),
  }));
  const scale = options.alpha / options.rank;
  return {
    kind: 'adapter',
    squad,
    parameters: [...sites.flatMap((site) => siteParameters(site, squad, options, context)), ...head],
    numbers: new Map([['scale', scale]]),
    promptTokens: 0,
    prefixTokens: 0,
    place: (values) => ({
      routed: new Map(sites.map((site) => [site.module, routedValues(site, values)])),
      whole: new Map(head.map(({ name, path }) => [places.canonical(path), values.get(name)])),
    }),
    files: (values) => new Map([[SQUAD_WEIGHTS, writeSafetensors(values)]]),
  };
}

function sitesOf({ targets, layers }: ModSquadOptions, { base }: MethodContext): Site[] {
  const sites = base.sites.sites.filter(
    ({ role, layer }) => targets.includes(role) && (layers === undefined || layers.includes(layer)),
  );
  if (sites.length > 0) return sites;
  throw new ValidationError('mod_squad: layers: expected some of the base, got none of them', { param: 'adapter' });
}

function shapeOf(
  { experts, topK, temperature }: ModSquadOptions,
  { tasks, task }: MethodContext,
  sites: readonly Site[],
): SquadShape {
  if (!tasks || task !== 'sequence_classification')
    throw new ValidationError(`mod_squad: expected several tasks of sequence_classification, got ${task}`, {
      param: 'objective',
    });
  return { experts, topK, temperature, tasks, places: sites.map(squadPlace) };
}

function siteParameters(
  site: Site,
  { experts, tasks }: SquadShape,
  { rank, routerDeviation, routerRate }: ModSquadOptions,
  { random }: MethodContext,
): Parameter[] {
  const ranks = experts * rank;
  const router = [tasks.length, experts, site.in];
  const made = (part: 'a' | 'b' | 'router', rate: number, initial: Tensor<'float32'>): Parameter => {
    return { name: factorName(part, site), shape: initial.shape, decay: true, rate, layer: site.layer, initial };
  };
  return [
    made('a', 1, tensor('float32', [ranks, site.in], random.uniforms(ranks * site.in, 1 / Math.sqrt(site.in)))),
    made('b', 1, tensor('float32', [ranks, site.out], new Float32Array(ranks * site.out))),
    made('router', routerRate, tensor('float32', router, random.normals(sizeOf(router), routerDeviation))),
  ];
}

function routedValues(site: Site, values: ParameterValues): RoutedValues {
  return {
    place: squadPlace(site),
    a: values.get(factorName('a', site)),
    b: mul(values.get(factorName('b', site)), values.number('scale', 2)),
    router: values.get(factorName('router', site)),
  };
}
