import type { Dim } from '../dim.js';
import type { Value } from '../op.js';
import { cast } from './cast.js';
import { equal } from './equal.js';
import { iota } from './iota.js';
import { unsqueeze } from './reshape.js';

/**
 * 1 where the last axis equals the index, else 0; a row of zeros for an index outside [0, depth).
 *
 * @param indices  [...n] int32
 * @returns        [...n, depth] float32
 */
export function oneHot(indices: Value, depth: Dim): Value {
  return cast(equal(unsqueeze(indices, [-1]), iota(indices.graph, depth)), 'float32');
}
