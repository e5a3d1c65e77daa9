/**
 * The characters of the words: the `limit` most frequent ones, in the order of their code points (so are equal counts).
 */
export function alphabetOf(words: ReadonlyMap<string, number>, limit: number): string[] {
  const counts = new Map<string, number>();
  for (const [word, count] of words) {
    for (const character of word) counts.set(character, (counts.get(character) ?? 0) + count);
  }
  const byCount = [...counts].sort(([a, m], [b, n]) => n - m || codePoint(a) - codePoint(b));
  return byCount
    .slice(0, limit)
    .map(([character]) => character)
    .sort((a, b) => codePoint(a) - codePoint(b));
}

function codePoint(character: string): number {
  return character.codePointAt(0) ?? 0;
}
