import { isAscii } from '../characters.js';
import { asBool, asString, asVocab, type JsonObject, optional, refuse } from '../json.js';
import { WordCache } from '../word-cache.js';
import { byteToken, spansOfBytes } from './byte-tokens.js';
import { type Merges, readMerges, type Symbols } from './merges.js';
import { invertVocab, type TokenModel, wholeWord, type WordTokens } from './token-model.js';

const utf8 = new TextEncoder();

export interface BpeOptions {
  unkToken?: string | undefined;
  /** Put before every character of a word but the first. */
  continuingPrefix: string;
  /** Put after the last character of a word. */
  wordSuffix: string;
  /** Neighbouring unknown characters become one token. */
  fuseUnk: boolean;
  /** An unknown character becomes the tokens `<0x00>` … `<0xFF>` of its bytes. */
  byteFallback: boolean;
  /** A word of the vocabulary is taken whole, whatever the merges say. */
  ignoreMerges: boolean;
}

/** Byte-pair encoding: a word starts as characters, which are merged by rank. */
export class Bpe implements TokenModel {
  private readonly byId: ReadonlyMap<number, string>;
  private readonly cache = new WordCache<WordTokens>();

  constructor(
    readonly vocab: ReadonlyMap<string, number>,
    private readonly merges: Merges,
    private readonly options: BpeOptions,
  ) {
    this.byId = invertVocab(vocab);
  }

  get size(): number {
    return this.vocab.size;
  }

  get unkToken(): string | undefined {
    return this.options.unkToken;
  }

  tokenize(word: string): WordTokens {
    return this.cache.getOrCompute(word, (key) => this.cut(key));
  }

  tokenOf(id: number): string | undefined {
    return this.byId.get(id);
  }

  private cut(word: string): WordTokens {
    const whole = this.options.ignoreMerges ? this.vocab.get(word) : undefined;
    if (whole !== undefined) return wholeWord(whole, word, word);
    const { ids, bytes } = this.merges.apply(this.symbols(word));
    return { ids, surfaces: ids.map((id) => this.byId.get(id)!), spans: spansOfBytes(word, bytes) };
  }

  /** A word in characters; a character without token, when nothing can stand for it, is left out. */
  private symbols(word: string): Symbols {
    const { continuingPrefix, wordSuffix } = this.options;
    const found = new SymbolList(this.options.fuseUnk);
    let at = 0;
    for (const char of word) {
      const isFirst = at === 0;
      at += char.length;
      const key = (isFirst ? '' : continuingPrefix) + char + (at === word.length ? wordSuffix : '');
      const length = isAscii(char) ? 1 : utf8.encode(char).length;
      const id = this.vocab.get(key);
      if (id !== undefined) found.add(id, length);
      else if (!this.addBytes(found, key) && this.unkId !== undefined) found.addUnknown(this.unkId, length);
    }
    return found.finish();
  }

  private get unkId(): number | undefined {
    return this.options.unkToken === undefined ? undefined : this.vocab.get(this.options.unkToken);
  }

  private addBytes(found: SymbolList, key: string): boolean {
    if (!this.options.byteFallback) return false;
    const ids: number[] = [];
    for (const byte of utf8.encode(key)) {
      const id = this.vocab.get(byteToken(byte));
      if (id === undefined) return false;
      ids.push(id);
    }
    for (const id of ids) found.addByte(id);
    return true;
  }
}

/** Symbols in order; an unknown one waits for its neighbours in case they are to be fused. */
class SymbolList {
  private readonly ids: number[] = [];
  private readonly bytes: number[] = [];
  private unkId = -1;
  private unkBytes = 0;

  constructor(private readonly fuseUnk: boolean) {}

  add(id: number, bytes: number): void {
    this.flush();
    this.push(id, bytes);
  }

  /** As the library has it, a waiting unknown symbol comes after the byte tokens. */
  addByte(id: number): void {
    this.push(id, 1);
  }

  addUnknown(id: number, bytes: number): void {
    if (!this.fuseUnk) this.flush();
    this.unkId = id;
    this.unkBytes += bytes;
  }

  finish(): Symbols {
    this.flush();
    return { ids: this.ids, bytes: this.bytes };
  }

  private flush(): void {
    if (this.unkBytes > 0) this.push(this.unkId, this.unkBytes);
    this.unkBytes = 0;
  }

  private push(id: number, bytes: number): void {
    this.ids.push(id);
    this.bytes.push(bytes);
  }
}

export function buildBpe(fields: JsonObject, where: string): Bpe {
  const dropout = fields['dropout'] ?? 0;
  if (dropout !== 0) return refuse(`${where}.dropout`, 'null or 0, for ids must not be random', dropout);
  const vocab = asVocab(fields['vocab'], `${where}.vocab`);
  const prefix = optional(fields, 'continuing_subword_prefix', where, asString) ?? '';
  const unkToken = optional(fields, 'unk_token', where, asString);
  if (unkToken !== undefined && !vocab.has(unkToken)) {
    return refuse(`${where}.unk_token`, 'a token of vocab', unkToken);
  }
  return new Bpe(vocab, readMerges(fields['merges'], `${where}.merges`, { vocab, prefix }), {
    unkToken,
    continuingPrefix: prefix,
    wordSuffix: optional(fields, 'end_of_word_suffix', where, asString) ?? '',
    fuseUnk: optional(fields, 'fuse_unk', where, asBool) ?? false,
    byteFallback: optional(fields, 'byte_fallback', where, asBool) ?? false,
    ignoreMerges: optional(fields, 'ignore_merges', where, asBool) ?? false,
  });
}
