import { IncompatibleAdapterError, ValidationError } from '../../common/errors.js';
import { sizeOf, tensor, type Tensor } from '../../engine/tensor.js';
import { requireFamily } from '../../models/families.js';
import type { Dense } from '../../models/heads.js';
import type { MethodContext } from './method.js';

/** Hugging Face's `initializer_range`: the deviation of a new layer's weights. */
export const INITIALIZER_RANGE = 0.02;

/**
 * The trained layers of the task's head by path in the task model: `classifier` for a head over BERT's pooler, which stays
 * the base's; both layers elsewhere. The base's own where it answers as many labels, else weights N(0, 0.02) and no bias.
 * Masked LM uses the base's head as it is, embeddings have none.
 */
export function startHead(context: MethodContext): Map<string, Tensor<'float32'>> {
  const { base, task, labels } = context;
  const head = new Map<string, Tensor<'float32'>>();
  if (task === 'masked_lm' || task === 'embedding') {
    if (task === 'embedding' || base.heads.maskedLm) return head;
    throw new IncompatibleAdapterError('head: the base must have a masked-LM head, got none', { param: 'task' });
  }
  if (context.isHeadFrozen) return head;
  const count = (labels ?? base.labels)?.labels.length ?? 0;
  if (count < 1)
    throw new ValidationError(`labels: must be at least one for ${task}, got ${count}`, { param: 'labels' });
  const family = requireFamily(base.config.modelType);
  const layout = family.headLayout(base.config);
  const { hidden } = base.config;
  const put = (path: string, shape: readonly [number, number], own: Dense | undefined): void => {
    const isFitting = own?.weight.shape[0] === shape[0];
    head.set(`${path}.weight`, isFitting ? own.weight : normal(context, shape));
    head.set(`${path}.bias`, isFitting ? own.bias : tensor('float32', [shape[0]], new Float32Array(shape[0])));
  };
  if (task === 'token_classification') {
    put(layout.token.out, [count, hidden], base.heads.token?.out);
    return head;
  }
  const { dense, out } = layout.sequence;
  const isPooler = dense === layout.pooler?.dense;
  if (!isPooler || !base.pooler)
    put(isPooler ? family.prefix + dense : dense, [hidden, hidden], base.heads.sequence?.dense);
  put(out, [count, hidden], base.heads.sequence?.out);
  return head;
}

function normal({ random }: MethodContext, shape: readonly number[]): Tensor<'float32'> {
  return tensor('float32', shape, random.normals(sizeOf(shape), INITIALIZER_RANGE));
}

/** Names for `modules_to_save` that cover these paths, e.g. `classifier`. */
export function savedNames(head: ReadonlyMap<string, unknown>): string[] {
  const modules = [...head.keys()].map((path) => path.slice(0, path.lastIndexOf('.')));
  const names = modules.map((module) => {
    const parts = module.split('.');
    return parts.includes('classifier') ? 'classifier' : parts.includes('pooler') ? 'pooler' : (parts.at(-1) ?? module);
  });
  return [...new Set(names)];
}
