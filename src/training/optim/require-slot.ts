import { ShapeError } from '../../common/errors.js';
import type { Value } from '../../engine/graph.js';

/** @throws ShapeError  when the caller keeps no state of that name */
export function requireSlot(slots: Readonly<Record<string, Value>>, name: string): Value {
  const slot = slots[name];
  if (!slot) throw new ShapeError(`optimizer: slots: expected ${name}, got ${Object.keys(slots).join(', ') || 'none'}`);
  return slot;
}
