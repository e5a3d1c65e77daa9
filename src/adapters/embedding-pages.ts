import type { EmbeddingSite } from '../models/sites.js';
import { PAGE_RANKS, type EmbeddingPages } from './brick.js';
import { pageCount, type LowRank } from './pages.js';

/**
 * Cuts the low-rank update of an embedding table into pages: row t gains Σₚ A[p, t, :] · B[p].
 *
 * @param update  A [rank, rows], B [width, rank], as files hold them
 * @returns       a [pages, rows, 8], b [pages, 8, width], ranks padded with zeros
 */
export function packEmbedding({ table, rows, width }: EmbeddingSite, { rank: ranks, a, b }: LowRank): EmbeddingPages {
  const pages = pageCount(ranks);
  const tokens = new Float32Array(pages * rows * PAGE_RANKS);
  const directions = new Float32Array(pages * PAGE_RANKS * width);
  for (let rank = 0; rank < ranks; rank++) {
    const start = Math.floor(rank / PAGE_RANKS) * rows * PAGE_RANKS + (rank % PAGE_RANKS);
    for (let row = 0; row < rows; row++) tokens[start + row * PAGE_RANKS] = a[rank * rows + row]!;
    for (let at = 0; at < width; at++) directions[rank * width + at] = b[at * ranks + rank]!;
  }
  return { table, pages, a: tokens, b: directions };
}
