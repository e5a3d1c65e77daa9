import { ShapeError } from '../../common/errors.js';
import { evaluateDim } from '../../engine/dim.js';
import { sizeOf, tensor, type Tensor } from '../../engine/tensor.js';
import { dropoutFeeds, type DropoutMask } from '../graph/dropout.js';

/** The rows of one run in a batch of several. */
export interface OwnRows {
  readonly seed: number;
  readonly step: number;
  readonly part: number;
  /** Sizes of the batch that the run would have alone. */
  readonly batch: number;
  readonly seq: number;
  /** Where its rows lie in the batch of all, in its own order. */
  readonly places: readonly number[];
}

/**
 * The dropout masks of a batch of several runs: each run's rows are masked as in a batch of its own, whatever lies beside
 * them; what is padding is kept.
 *
 * @param sizes  of the batch of all, [batch, seq]
 */
export function jointDropoutFeeds(
  masks: readonly DropoutMask[],
  runs: readonly OwnRows[],
  sizes: { readonly batch: number; readonly seq: number },
): Record<string, Tensor> {
  const feeds = masks.map(({ input, shape }): [string, Tensor] => {
    const full = shape.map((size) => evaluateDim(size, sizes));
    return [input, tensor('uint8', full, new Uint8Array(sizeOf(full)).fill(1))];
  });
  for (const { seed, step, part, batch, seq, places } of runs) {
    const own = dropoutFeeds(masks, { seed, step, part }, { batch, seq });
    for (const [input, joint] of feeds) placeRows(own[input], joint, places);
  }
  return Object.fromEntries(feeds);
}

/** Both are row-major, and a row differs in length at most along the sequence, its first axis: it is a head of the other. */
function placeRows(own: Tensor | undefined, joint: Tensor, places: readonly number[]): void {
  const [ownSize, size] = [sizeOf(own?.shape.slice(1) ?? []), sizeOf(joint.shape.slice(1))];
  if (!own || own.shape[0] !== places.length || own.shape.slice(2).join() !== joint.shape.slice(2).join()) {
    throw new ShapeError(
      `dropout: expected [${places.length}, ${joint.shape.slice(1).join(', ')}], got [${own?.shape.join(', ')}]`,
    );
  }
  places.forEach((place, row) =>
    (joint.data as Uint8Array).set(own.data.subarray(row * ownSize, (row + 1) * ownSize), place * size),
  );
}
