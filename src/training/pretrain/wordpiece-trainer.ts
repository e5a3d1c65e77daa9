import { ValidationError } from '../../common/errors.js';
import { alphabetOf } from './alphabet.js';
import { CONTINUATION, SPECIAL_TOKENS } from './bert-tokenizer-file.js';
import { type Pair, PairQueue } from './pair-queue.js';

export interface WordPieceOptions {
  /** Tokens in all, special ones included; fewer when no pair is left to join. */
  readonly vocabSize: number;
  /** Joins of pairs that come less often are not made. */
  readonly minFrequency?: number;
  /** Characters that get tokens of their own; the rarer ones become unknown. */
  readonly alphabetLimit?: number;
}

/**
 * Learns the vocabulary of a WordPiece tokenizer: starts from characters, those inside a word written `##c`, and joins the
 * pair of neighbours that comes most often, again and again. This is what the `tokenizers` library does for BERT; the
 * likelihood rule of the original is not published. Where it leaves the order to chance (tokens `##c`, and so pairs of
 * equal count), here code points decide.
 *
 * Not the library itself: its Node binding trains with fixed options (30,000 tokens, none special) and brings 64 MB of
 * binaries.
 *
 * Joins are incremental: only the words that hold the pair are read again, so the cost is about that of one pass over the
 * different words plus the joins made in them.
 *
 * Schuster and Nakajima 2012, "Japanese and Korean Voice Search", §3; Sennrich, Haddow and Birch 2016, §3.2,
 * arXiv:1508.07909.
 *
 * @param words  with their counts, normalized
 * @returns      tokens by id: special ones, alphabet, inner characters, joins in the order they were made
 * @throws ValidationError  when the vocabulary has no room for the alphabet
 */
export function trainWordPiece(words: ReadonlyMap<string, number>, options: WordPieceOptions): string[] {
  const { vocabSize, minFrequency = 2, alphabetLimit = 1000 } = options;
  const tokens = new TokenIds([...SPECIAL_TOKENS, ...alphabetOf(words, alphabetLimit)]);
  const joiner = new Joiner(words, tokens);
  if (tokens.list.length > vocabSize) {
    throw new ValidationError(
      `WordPiece: vocabSize: expected at least ${tokens.list.length} for the alphabet, got ${vocabSize}`,
    );
  }
  while (tokens.list.length < vocabSize) {
    const pair = joiner.queue.pop();
    if (!pair || pair.count < minFrequency) break;
    const [left = '', right = ''] = [tokens.list[pair.left], tokens.list[pair.right]];
    joiner.join(pair, tokens.add(left + right.slice(CONTINUATION.length))); // a right part is never the first of a word
  }
  return tokens.list;
}

class TokenIds {
  readonly list: string[] = [];
  private readonly ids = new Map<string, number>();

  constructor(tokens: readonly string[]) {
    for (const token of tokens) this.add(token);
  }

  find(token: string): number | undefined {
    return this.ids.get(token);
  }

  /** The token's id, a new one where it has none. */
  add(token: string): number {
    const known = this.ids.get(token);
    if (known !== undefined) return known;
    this.list.push(token);
    this.ids.set(token, this.list.length - 1);
    return this.list.length - 1;
  }
}

/** Words as symbols, and the counts of all pairs of neighbours in them. */
class Joiner {
  readonly queue = new PairQueue();
  private readonly words: number[][] = [];
  private readonly counts: number[] = [];
  /** By left symbol, then right. */
  private readonly pairs = new Map<number, Map<number, Pair>>();

  constructor(words: ReadonlyMap<string, number>, tokens: TokenIds) {
    const inner = new Set([...words.keys()].flatMap((word) => [...word].slice(1)));
    for (const character of tokens.list.slice(SPECIAL_TOKENS.length)) {
      if (inner.has(character)) tokens.add(CONTINUATION + character);
    }
    for (const [word, count] of words) {
      const symbols = [...word].flatMap((character, i) =>
        tokens.find(character) === undefined ? [] : [tokens.add(i === 0 ? character : CONTINUATION + character)],
      );
      this.words.push(symbols);
      this.counts.push(count);
      for (let i = 1; i < symbols.length; i++) this.change(symbols[i - 1]!, symbols[i]!, this.words.length - 1, count);
    }
    for (const rights of this.pairs.values()) for (const pair of rights.values()) this.queue.push(pair);
  }

  /** Replaces the pair by one symbol wherever it stands. */
  join({ left, right, words }: Pair, joined: number): void {
    const risen = new Set<Pair>();
    const change = (a: number, b: number, word: number, by: number) => {
      const pair = this.change(a, b, word, by);
      if (by > 0) risen.add(pair);
    };
    for (const word of words.splice(0)) {
      const [symbols, count] = [this.words[word]!, this.counts[word]!];
      for (let i = 0; i + 1 < symbols.length; i++) {
        if (symbols[i] !== left || symbols[i + 1] !== right) continue;
        const [before, after] = [symbols[i - 1], symbols[i + 2]];
        change(left, right, word, -count);
        if (before !== undefined) {
          change(before, left, word, -count);
          change(before, joined, word, count);
        }
        if (after !== undefined) {
          change(right, after, word, -count);
          change(joined, after, word, count);
        }
        symbols.splice(i, 2, joined);
      }
    }
    for (const pair of risen) this.queue.push(pair);
  }

  private change(left: number, right: number, word: number, by: number): Pair {
    const rights = this.pairs.get(left) ?? new Map<number, Pair>();
    const pair = rights.get(right) ?? { left, right, count: 0, words: [] };
    if (pair.count === 0 && pair.words.length === 0) this.pairs.set(left, rights.set(right, pair));
    pair.count += by;
    if (by > 0 && pair.words.at(-1) !== word) pair.words.push(word);
    return pair;
  }
}
