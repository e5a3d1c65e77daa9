import { PAGE_RANKS, type LowRankPages } from './brick.js';

/** ΔW = B·A of one layer, the method's scale folded into B. */
export interface LowRank {
  readonly rank: number;
  readonly a: Float32Array; // [rank, in]
  readonly b: Float32Array; // [out, rank]
}

/** Pages that hold `rank` ranks. */
export function pageCount(rank: number): number {
  return Math.ceil(rank / PAGE_RANKS);
}

/**
 * Cuts the low-rank updates of one site group into pages of 8 ranks. Layers of lower rank, and layers without an update,
 * are padded with zeros, so the sum over pages is exactly each layer's own B·A.
 *
 * @param layers  update of each layer, absent ones undefined
 * @returns       a [pages, layers, 8, in], b [pages, layers, 8, out]; no pages at all when every rank is 0
 */
export function packRanks(layers: readonly (LowRank | undefined)[], inWidth: number, outWidth: number): LowRankPages {
  const pages = Math.max(0, ...layers.map((layer) => pageCount(layer?.rank ?? 0)));
  const a = new Float32Array(pages * layers.length * PAGE_RANKS * inWidth);
  const b = new Float32Array(pages * layers.length * PAGE_RANKS * outWidth);
  layers.forEach((update, layer) => {
    for (let rank = 0; rank < (update?.rank ?? 0); rank++) {
      const row = rowOf(rank, layer, layers.length);
      a.set(update!.a.subarray(rank * inWidth, (rank + 1) * inWidth), row * inWidth);
      for (let out = 0; out < outWidth; out++) b[row * outWidth + out] = update!.b[out * update!.rank + rank]!;
    }
  });
  return { pages, a, b };
}

/** Row of rank `rank` of `layer` in arrays of shape [pages, layers, 8, …]. */
export function rowOf(rank: number, layer: number, layers: number): number {
  const page = Math.floor(rank / PAGE_RANKS);
  return (page * layers + layer) * PAGE_RANKS + (rank % PAGE_RANKS);
}

/**
 * The same ΔW with no more ranks than the narrower of its widths: where the rank is higher, the product itself with an
 * identity. Costs in·out·rank multiply-adds, once, at import.
 *
 * @param inWidth, outWidth  of the layer
 */
export function trimRank(update: LowRank, inWidth: number, outWidth: number): LowRank {
  if (update.rank <= Math.min(inWidth, outWidth)) return update;
  return wholeRank(multiply(update.b, update.a, outWidth, update.rank, inWidth), inWidth, outWidth);
}

/** ΔW [out, in] as a low-rank update: itself and an identity of its narrower width. */
export function wholeRank(delta: Float32Array, inWidth: number, outWidth: number): LowRank {
  const rank = Math.min(inWidth, outWidth);
  return inWidth <= outWidth ? { rank, a: identity(rank), b: delta } : { rank, a: delta, b: identity(rank) };
}

/** L·R in float64, rounded once: left [rows, inner], right [inner, columns] → [rows, columns]. */
export function multiply(
  left: Float32Array,
  right: Float32Array,
  rows: number,
  inner: number,
  columns: number,
): Float32Array<ArrayBuffer> {
  const product = new Float32Array(rows * columns);
  const line = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    line.fill(0);
    for (let k = 0; k < inner; k++) {
      const factor = left[row * inner + k]!;
      for (let column = 0; column < columns; column++) line[column]! += factor * right[k * columns + column]!;
    }
    product.set(line, row * columns);
  }
  return product;
}

function identity(size: number): Float32Array {
  const matrix = new Float32Array(size * size);
  for (let at = 0; at < size; at++) matrix[at * size + at] = 1;
  return matrix;
}
