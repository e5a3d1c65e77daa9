import { WHOLE_METHODS } from '../adapters/whole-model.js';
import { ValidationError } from '../common/errors.js';
import type { ModelRef } from '../registry/adapter-version.js';
import type { JobRequest } from './job-request.js';

/**
 * Training goes on from a whole model by training a model whole, and from an adapter by a method of adapters: neither can
 * be opened as the other.
 *
 * @throws ValidationError  for a composition or a router, and a method that cannot go on from the version that `model` names
 */
export function expectParentFits({ adapter, model }: Pick<JobRequest, 'adapter' | 'model'>, parent: ModelRef): void {
  if (parent.kind === 'base') return;
  const { kind } = parent.version.summary;
  if (kind === 'composition' || kind === 'router') {
    throw new ValidationError(`model: expected an adapter or the base to train on from, got ${model}, a ${kind}`, {
      param: 'model',
    });
  }
  const isWhole = kind === 'base';
  if (isWhole === WHOLE_METHODS.includes(adapter.method)) return;
  const rule = isWhole
    ? `one of ${WHOLE_METHODS.join(', ')}, as ${model} is a model of its own`
    : `a method of adapters, as ${model} is one`;
  throw new ValidationError(`adapter.method: expected ${rule}, got ${adapter.method}`, { param: 'adapter' });
}
