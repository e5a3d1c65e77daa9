import { IncompatibleAdapterError } from '../../common/errors.js';
import { Places } from '../../adapters/places.js';
import type { RouterArtefact } from '../../adapters/routing/router-files.js';
import type { RouterUsage } from '../../adapters/routing/router-usage.js';
import { sizeOf, tensor, type Tensor } from '../../engine/tensor.js';
import type { Dense, HeadLabels, SequenceHead } from '../../models/heads.js';
import type { TrainingBase } from '../step/run-model.js';
import { factorsAt, rowOf, taskNumber, type Squad } from './squad.js';

/**
 * The router of one task, which weighs the experts of the squad in their order and answers by its head.
 *
 * @param head  the task's tensors and rows; absent or without tensors where the base's head answers
 */
export function squadRouter(
  squad: Squad,
  task: string,
  base: TrainingBase,
  head?: { readonly tensors: ReadonlyMap<string, Tensor<'float32'>>; readonly rows: HeadRows },
): RouterArtefact {
  const gates = routerGates(squad, task, base);
  const router = { law: 'mod_squad' as const, experts: squad.experts, gates, usage: routerUsage(squad, task, base) };
  if (!head || head.tensors.size === 0) return router;
  return { ...router, head: taskHead(head.tensors, head.rows, base), labels: head.rows.labels };
}

/** Rows of the routers of one task, [experts, layers, in] by place; zeros at layers without experts. */
function routerGates(squad: Squad, task: string, { sites }: Pick<TrainingBase, 'sites'>): RouterArtefact['gates'] {
  const number = taskNumber(squad, task);
  const gates: Partial<Record<string, Float32Array>> = {};
  for (const place of squad.places) {
    const own = rowOf(factorsAt(squad, place).router, number); // [experts, in]
    const width = own.shape[1] ?? 0;
    const all = (gates[place.role] ??= new Float32Array(squad.experts * sites.layers * width));
    for (let expert = 0; expert < squad.experts; expert++)
      all.set(own.data.subarray(expert * width, (expert + 1) * width), (expert * sites.layers + place.layer) * width);
  }
  return gates;
}

/** How the task used the experts, [experts, layers] by place; zeros at layers without experts. */
function routerUsage(squad: Squad, task: string, { sites }: Pick<TrainingBase, 'sites'>): RouterUsage {
  const number = taskNumber(squad, task);
  const usage: Partial<Record<string, Float32Array>> = {};
  for (const place of squad.places) {
    const all = (usage[place.role] ??= new Float32Array(squad.experts * sites.layers));
    const own = rowOf(factorsAt(squad, place).usage, number).data; // [experts]
    own.forEach((share, expert) => (all[expert * sites.layers + place.layer] = share));
  }
  return usage;
}

/** Rows of a head's last layer that one task has. */
export interface HeadRows {
  readonly first: number;
  readonly labels: HeadLabels;
}

/**
 * The head of one task: its rows of the trained matrix, the base's own layers in the place of what is not trained.
 *
 * @param tensors  by path in the task model, e.g. `classifier.weight`
 */
function taskHead(
  tensors: ReadonlyMap<string, Tensor<'float32'>>,
  { first, labels: { labels } }: HeadRows,
  base: TrainingBase,
): SequenceHead {
  const places = new Places(base);
  const canonical = new Map([...tensors].map(([path, held]) => [places.canonical(path), held]));
  const { dense, activation, out } = places.layout.sequence;
  const own = base.heads.sequence?.dense ?? (places.layout.pooler?.dense === dense ? base.pooler?.dense : undefined);
  const layer = (module: string, fallback?: Dense): Dense => {
    const weight = canonical.get(`${module}.weight`) ?? fallback?.weight;
    const bias = canonical.get(`${module}.bias`) ?? fallback?.bias;
    if (weight && bias) return { weight, bias };
    throw new IncompatibleAdapterError(`head: ${module}: must be trained or the base's, got neither`);
  };
  const all = layer(out, base.heads.sequence?.out);
  const rows = (held: Tensor<'float32'>): Tensor<'float32'> => {
    const shape = [labels.length, ...held.shape.slice(1)];
    const width = sizeOf(held.shape.slice(1));
    return tensor('float32', shape, held.data.slice(first * width, (first + labels.length) * width));
  };
  return {
    kind: 'sequence',
    activation,
    dense: layer(dense, own),
    out: { weight: rows(all.weight), bias: rows(all.bias) },
  };
}
