/** Page counts up to this share a batch; a wider row sets the cost of all, so it runs with rows of its kind. */
export const MAX_SHARED_PAGES = 16;

/** The smallest of 1, 2, 4, 8, … that holds `count`; 0 for none. */
export function pageBucket(count: number): number {
  return count <= 1 ? count : 2 ** Math.ceil(Math.log2(count));
}
