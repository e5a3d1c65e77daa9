import type { Dim } from '../dim.js';
import { type Value, shapeFault } from '../op.js';
import { sameShape, shapeToString, sizeOfShape } from '../shape.js';
import { scatterElementsAdd } from './gather-elements.js';
import { broadcastTo } from './reduce-sum.js';
import { reshape } from './reshape.js';

/**
 * y[indices[i]] += updates[i] into zeros of `rows` rows: the adjoint of `gather` along axis 0. Updates of one row are
 * added up.
 *
 * @param indices  [...n] int32, each in [0, rows)
 * @param updates  [...n, ...row]
 * @returns        [rows, ...row]
 */
export function scatterAdd(rows: Dim, indices: Value, updates: Value): Value {
  const rank = indices.shape.length;
  if (!sameShape(updates.shape.slice(0, rank), indices.shape)) {
    throw shapeFault('scatterAdd', 'updates', `${shapeToString(indices.shape)} first`, shapeToString(updates.shape));
  }
  const row = updates.shape.slice(rank);
  const flat = [sizeOfShape(indices.shape), sizeOfShape(row)]; // [n, width]
  const at = broadcastTo(reshape(indices, [sizeOfShape(indices.shape), 1]), flat);
  return reshape(scatterElementsAdd(rows, at, reshape(updates, flat), 0), [rows, ...row]);
}
