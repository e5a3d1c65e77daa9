import { ShapeError } from '../common/errors.js';
import type { RowResult } from './protocol.js';

/**
 * Logits of several heads on the same states, side by side on the last axis.
 *
 * @param parts  [labelsₖ] each, or [positions, labelsₖ] each
 * @returns      [Σ labelsₖ], or [positions, Σ labelsₖ]
 * @throws ShapeError  when there is none, or they are of unlike positions
 */
export function joinLogits(parts: readonly RowResult[]): RowResult {
  const [first] = parts;
  if (first === undefined) throw new ShapeError('joinLogits: parts: expected at least one, got none');
  if (parts.length === 1) return first;
  const leading = first.shape.slice(0, -1);
  const odd = parts.find(({ shape }) => shape.slice(0, -1).join() !== leading.join());
  if (odd)
    throw new ShapeError(`joinLogits: parts: expected [${leading.join(', ')}] rows, got [${odd.shape.join(', ')}]`);
  const positions = leading.reduce((product, size) => product * size, 1);
  const widths = parts.map(({ shape }) => shape.at(-1) ?? 0);
  const total = widths.reduce((sum, width) => sum + width, 0);
  const data = new Float32Array(positions * total);
  let column = 0;
  for (const [k, part] of parts.entries()) {
    const width = widths[k]!;
    for (let row = 0; row < positions; row++)
      data.set(part.data.subarray(row * width, (row + 1) * width), row * total + column);
    column += width;
  }
  return { shape: [...leading, total], data };
}
