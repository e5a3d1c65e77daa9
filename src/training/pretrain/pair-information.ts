/**
 * Positive pointwise mutual information of tokens that stand near each other: max(0, ln(n_ij · N / (n_i · n_j))), where
 * n_ij counts pairs at most `window` tokens apart (in both orders), n_i = Σⱼ n_ij and N = Σ n_ij.
 *
 * Levy and Goldberg 2014, "Neural Word Embedding as Implicit Matrix Factorization", §3; weights by distance are left out.
 *
 * Memory: 4 · vocab² bytes.
 *
 * @param texts  token ids; pairs do not reach from one text to another
 * @returns      [vocab, vocab], symmetric
 */
export function positivePairInformation(texts: readonly Int32Array[], vocab: number, window: number): Float32Array {
  const counts = new Float32Array(vocab * vocab);
  for (const text of texts) {
    for (let i = 0; i < text.length; i++) {
      const row = text[i]! * vocab;
      for (let j = Math.max(0, i - window); j < i; j++) counts[row + text[j]!]!++;
    }
  }
  addTransposed(counts, vocab);
  const totals = Float64Array.from({ length: vocab }, (_, i) =>
    counts.subarray(i * vocab, (i + 1) * vocab).reduce((sum, count) => sum + count, 0),
  );
  const all = totals.reduce((sum, total) => sum + total, 0);
  for (let i = 0; i < vocab; i++) {
    for (let j = 0; j < vocab; j++) {
      const count = counts[i * vocab + j]!;
      if (count === 0) continue;
      counts[i * vocab + j] = Math.max(0, Math.log((count * all) / (totals[i]! * totals[j]!)));
    }
  }
  return counts;
}

/** m + mᵀ in place. */
function addTransposed(m: Float32Array, n: number): void {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const sum = m[i * n + j]! + m[j * n + i]!;
      m[i * n + j] = sum;
      m[j * n + i] = sum;
    }
  }
}
