import { asCount, asString, asVocab, type JsonObject, optional } from '../json.js';
import { Trie } from '../trie.js';
import { WordCache } from '../word-cache.js';
import { invertVocab, type TokenModel, wholeWord, type WordTokens } from './token-model.js';
import { unknownId } from './wordlevel.js';

interface WordPieceOptions {
  unkToken: string;
  continuingPrefix: string;
  maxWordChars: number;
}

/**
 * Longest match first, from left to right; pieces after the first are looked up with a prefix (`##`). A word with a part
 * that is not in the vocabulary, or longer than `maxWordChars` code points, is one unknown token.
 *
 * Wu et al. 2016, "Google's Neural Machine Translation System", §4.1, arXiv:1609.08144; time O(n · longest token).
 */
export class WordPiece implements TokenModel {
  readonly unkToken: string;
  private readonly byId: ReadonlyMap<number, string>;
  private readonly trie: Trie;
  private readonly continuingRoot: number;
  private readonly maxWordChars: number;
  private readonly cache = new WordCache<WordTokens>();

  constructor(
    readonly vocab: ReadonlyMap<string, number>,
    { unkToken, continuingPrefix, maxWordChars }: WordPieceOptions,
  ) {
    this.unkToken = unkToken;
    this.maxWordChars = maxWordChars;
    this.byId = invertVocab(vocab);
    this.trie = new Trie(vocab.size * 4);
    for (const [token, id] of vocab) this.trie.insert(token, id);
    this.continuingRoot = this.trie.walk(continuingPrefix);
  }

  get size(): number {
    return this.vocab.size;
  }

  tokenize(word: string): WordTokens {
    return this.cache.getOrCompute(word, (key) => this.cut(key));
  }

  tokenOf(id: number): string | undefined {
    return this.byId.get(id);
  }

  private cut(word: string): WordTokens {
    if (isLongerThan(word, this.maxWordChars)) return this.unknown(word);
    const ids: number[] = [];
    const spans: number[] = [];
    for (let start = 0; start < word.length; ) {
      let node = start === 0 ? Trie.root : this.continuingRoot;
      let end = -1;
      let id = -1;
      for (let i = start; i < word.length && node >= 0; i++) {
        node = this.trie.step(node, word.charCodeAt(i));
        if (node < 0 || this.trie.value(node) < 0) continue;
        id = this.trie.value(node);
        end = i + 1;
      }
      if (end < 0) return this.unknown(word);
      ids.push(id);
      spans.push(start, end);
      start = end;
    }
    return { ids, surfaces: ids.map((id) => this.byId.get(id)!), spans };
  }

  private unknown(word: string): WordTokens {
    return wholeWord(unknownId(this.vocab, this.unkToken), this.unkToken, word);
  }
}

function isLongerThan(word: string, points: number): boolean {
  if (word.length <= points) return false;
  if (word.length > points * 2) return true;
  return [...word].length > points;
}

export function buildWordPiece(fields: JsonObject, where: string): WordPiece {
  return new WordPiece(asVocab(fields['vocab'], `${where}.vocab`), {
    unkToken: optional(fields, 'unk_token', where, asString) ?? '[UNK]',
    continuingPrefix: optional(fields, 'continuing_subword_prefix', where, asString) ?? '##',
    maxWordChars: optional(fields, 'max_input_chars_per_word', where, asCount) ?? 100,
  });
}
