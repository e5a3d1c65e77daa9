import { IncompatibleAdapterError } from '../../common/errors.js';
import { tensor } from '../../engine/tensor.js';
import { GATE_PLACES, type GatePlace } from '../brick.js';
import { expectShape, type FloatTensor, type Weights } from '../weights.js';

export const USAGE_PREFIX = 'usage.';

/**
 * How often the task of a router chose each expert while it was trained, in per cent of its choices at a place: [experts, layers]
 * by place. A layer without experts has zeros.
 */
export type RouterUsage = Readonly<Partial<Record<GatePlace, Float32Array>>>;

/** As tensors `usage.<place>` [experts, layers]. */
export function usageTensors(usage: RouterUsage, experts: number, layers: number): Map<string, FloatTensor> {
  const made = GATE_PLACES.flatMap((place): [string, FloatTensor][] => {
    const data = usage[place];
    return data ? [[`${USAGE_PREFIX}${place}`, tensor('float32', [experts, layers], data)]] : [];
  });
  return new Map(made);
}

/**
 * The usage among the tensors of a router; nothing where none was kept.
 *
 * @throws IncompatibleAdapterError  for a place or a shape that the base has not, and shares that are none
 */
export function readUsage(weights: Weights, experts: number, layers: number): RouterUsage {
  const usage: Partial<Record<GatePlace, Float32Array>> = {};
  for (const [name, value] of weights) {
    if (!name.startsWith(USAGE_PREFIX)) continue;
    const place = GATE_PLACES.find((known) => `${USAGE_PREFIX}${known}` === name);
    if (place === undefined) throw refused(name, `be ${USAGE_PREFIX} and one of ${GATE_PLACES.join(', ')}`);
    expectShape(name, value, [experts, layers]);
    if (value.data.some((share) => share < 0 || share > 100.5))
      throw refused(name, 'hold shares from 0 to 100 per cent');
    usage[place] = value.data;
  }
  return usage;
}

function refused(name: string, rule: string): IncompatibleAdapterError {
  return new IncompatibleAdapterError(`${name}: must ${rule}`, { param: name });
}
