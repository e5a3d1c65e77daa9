/** Keeps `concurrency` calls of `call` going until `count` have ended; returns calls a second. */
export async function throughput(
  call: (index: number) => Promise<void>,
  { count, concurrency }: { count: number; concurrency: number },
): Promise<number> {
  let next = 0;
  const start = performance.now();
  const client = async (): Promise<void> => {
    while (next < count) await call(next++);
  };
  await Promise.all(Array.from({ length: concurrency }, client));
  return (1000 * count) / (performance.now() - start);
}

/** Draws 0 … n − 1 with probability ∝ 1 / (rank + 1), by inversion of the cumulative sum. */
export function zipf(n: number, uniform: () => number): () => number {
  const cumulative = new Float64Array(n);
  let total = 0;
  for (let rank = 0; rank < n; rank++) cumulative[rank] = total += 1 / (rank + 1);
  return () => {
    const target = uniform() * total;
    let [low, high] = [0, n - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulative[middle]! < target) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** A sentence that the shipped tokenizer cuts into about `tokens` tokens. */
export function sentence(tokens: number, seed: number): string {
  const words = [
    'the',
    'man',
    'went',
    'to',
    'his',
    'house',
    'and',
    'she',
    'said',
    'that',
    'it',
    'was',
    'good',
    'for',
    'them',
  ];
  return Array.from(
    { length: tokens - 2 },
    (_, i) => words[((seed * 7 + i * 11 + (i * i) / 3) % words.length) | 0],
  ).join(' ');
}
