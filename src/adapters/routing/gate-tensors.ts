import { IncompatibleAdapterError } from '../../common/errors.js';
import { tensor } from '../../engine/tensor.js';
import type { SiteTable } from '../../models/sites.js';
import { GATE_PLACES, type Brick, type GatePlace } from '../brick.js';
import { expectShape, type FloatTensor, type Weights } from '../weights.js';

const PREFIX = 'gates.';

/** Width of what enters a place. */
export function gateWidth(place: GatePlace, { sites, hidden }: Pick<SiteTable, 'sites' | 'hidden'>): number {
  return sites.find(({ role }) => role === place)?.in ?? hidden;
}

/** Gate vectors as tensors `gates.<place>`, [layers, width], or [experts, layers, width] where `experts` is given. */
export function gateTensors(gates: NonNullable<Brick['gates']>, layers: number, experts?: number) {
  const tensors = new Map<string, FloatTensor>();
  for (const place of GATE_PLACES) {
    const data = gates[place];
    if (data === undefined) continue;
    const shape = [...(experts === undefined ? [] : [experts]), layers, data.length / ((experts ?? 1) * layers)];
    tensors.set(`${PREFIX}${place}`, tensor('float32', shape, data));
  }
  return tensors;
}

/**
 * Gate vectors out of tensors `gates.<place>`, by place.
 *
 * @param experts  of a router: the first axis of each
 * @throws IncompatibleAdapterError  for a place or a shape that the base has not
 */
export function readGates(weights: Weights, table: SiteTable, experts?: number): NonNullable<Brick['gates']> {
  const gates: Partial<Record<GatePlace, Float32Array>> = {};
  for (const [name, value] of weights) {
    if (!name.startsWith(PREFIX)) continue;
    const place = GATE_PLACES.find((known) => `${PREFIX}${known}` === name);
    if (place === undefined) {
      const rule = `${name}: must be ${PREFIX} and one of ${GATE_PLACES.join(', ')}`;
      throw new IncompatibleAdapterError(rule, { param: name });
    }
    const shape = [...(experts === undefined ? [] : [experts]), table.layers, gateWidth(place, table)];
    expectShape(name, value, shape);
    gates[place] = value.data;
  }
  return gates;
}
