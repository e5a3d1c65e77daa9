/** Smallest of 8, 16, 24, 32, 48, 64, 96, 128, 192, … that holds `tokens`: at most a third of a bucket is padding. */
export function lengthBucket(tokens: number): number {
  if (tokens <= 32) return Math.max(8, Math.ceil(tokens / 8) * 8);
  const power = 2 ** Math.floor(Math.log2(tokens - 1));
  return tokens <= power * 1.5 ? power * 1.5 : power * 2;
}
