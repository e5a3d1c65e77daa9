import { ModelError } from '../../../common/errors.js';
import { unitsOf } from '../characters.js';
import { asArray, asBool, asCount, asString, type JsonObject, optional, refuse } from '../json.js';
import { Trie } from '../trie.js';
import { WordCache } from '../word-cache.js';
import { byteToken } from './byte-tokens.js';
import type { TokenModel, WordTokens } from './token-model.js';

const UNKNOWN_PENALTY = 10;
const utf8 = new TextEncoder();

export interface UnigramOptions {
  unkId?: number | undefined;
  byteFallback: boolean;
}

/**
 * The most probable segmentation under a unigram language model: the token sequence with the greatest sum of log
 * probabilities, by Viterbi's algorithm; an unknown character costs 10 more than the rarest token. Neighbouring unknown
 * characters become one token, or with `byteFallback` the tokens of their bytes. Time O(n · longest token).
 *
 * Kudo 2018, "Subword Regularization", §3.2, arXiv:1804.10959.
 */
export class Unigram implements TokenModel {
  readonly vocab = new Map<string, number>();
  private readonly trie: Trie;
  private readonly unkScore: number;
  private readonly cache = new WordCache<WordTokens>();

  constructor(
    private readonly pieces: readonly string[],
    private readonly scores: Float64Array,
    private readonly options: UnigramOptions,
  ) {
    this.trie = new Trie(pieces.length * 4);
    pieces.forEach((piece, id) => {
      this.vocab.set(piece, id);
      this.trie.insert(piece, id);
    });
    this.unkScore = scores.reduce((least, score) => Math.min(least, score), Infinity) - UNKNOWN_PENALTY;
  }

  get size(): number {
    return this.pieces.length;
  }

  get unkToken(): string | undefined {
    return this.options.unkId === undefined ? undefined : this.pieces[this.options.unkId];
  }

  tokenize(word: string): WordTokens {
    return this.cache.getOrCompute(word, (key) => this.cut(key));
  }

  tokenOf(id: number): string | undefined {
    return this.pieces[id];
  }

  private cut(word: string): WordTokens {
    const found = { ids: [] as number[], surfaces: [] as string[], spans: [] as number[] };
    for (const [start, end] of this.fused(word)) {
      const text = word.slice(start, end);
      const id = this.vocab.get(text);
      const bytes = id === undefined ? this.bytesOf(text) : undefined;
      if (bytes === undefined) add(found, { id: id ?? this.requireUnk(), token: text, start, end });
      else for (const byte of bytes) add(found, { ...byte, start, end });
    }
    return found;
  }

  private bytesOf(text: string): { id: number; token: string }[] | undefined {
    if (!this.options.byteFallback) return undefined;
    const found: { id: number; token: string }[] = [];
    for (const byte of utf8.encode(text)) {
      const token = byteToken(byte);
      const id = this.vocab.get(token);
      if (id === undefined) return undefined;
      found.push({ id, token });
    }
    return found;
  }

  /** Spans of the best path, unknown neighbours in one. */
  private fused(word: string): [number, number][] {
    const { from, ids } = this.bestPath(word);
    const spans: [number, number][] = [];
    let isAfterUnknown = false;
    for (let end = word.length; end > 0; end = from[end]!) {
      const isUnknown = ids[end] === this.options.unkId;
      const last = spans.at(-1);
      if (isUnknown && isAfterUnknown && last !== undefined) last[0] = from[end]!;
      else spans.push([from[end]!, end]);
      isAfterUnknown = isUnknown;
    }
    return spans.reverse();
  }

  /** For each end of a token on some path: the best token that ends there, by its id and where it begins. */
  private bestPath(word: string): { from: Int32Array; ids: Int32Array } {
    const from = new Int32Array(word.length + 1).fill(-1);
    const ids = new Int32Array(word.length + 1);
    const best = new Float64Array(word.length + 1);
    const offer = (start: number, end: number, id: number, score: number): void => {
      const total = best[start]! + score;
      if (from[end] !== -1 && total <= best[end]!) return;
      best[end] = total;
      from[end] = start;
      ids[end] = id;
    };
    for (let start = 0; start < word.length; ) {
      const next = start + unitsOf(word.codePointAt(start)!);
      let isCovered = false;
      let node = Trie.root;
      for (let i = start; i < word.length; i++) {
        node = this.trie.step(node, word.charCodeAt(i));
        if (node < 0) break;
        const id = this.trie.value(node);
        if (id < 0) continue;
        offer(start, i + 1, id, this.scores[id]!);
        isCovered ||= i + 1 === next;
      }
      if (!isCovered) offer(start, next, this.requireUnk(), this.unkScore);
      start = next;
    }
    return { from, ids };
  }

  private requireUnk(): number {
    if (this.options.unkId !== undefined) return this.options.unkId;
    throw new ModelError('tokenizer: expected unk_id for a text with unknown characters, got none');
  }
}

interface Found {
  ids: number[];
  surfaces: string[];
  spans: number[];
}

function add(found: Found, { id, token, start, end }: { id: number; token: string; start: number; end: number }): void {
  found.ids.push(id);
  found.surfaces.push(token);
  found.spans.push(start, end);
}

export function buildUnigram(fields: JsonObject, where: string): Unigram {
  const entries = asArray(fields['vocab'], `${where}.vocab`);
  const scores = new Float64Array(entries.length);
  const pieces = entries.map((entry, i) => {
    const [piece, score] = asArray(entry, `${where}.vocab[${i}]`);
    if (typeof score !== 'number') return refuse(`${where}.vocab[${i}]`, 'a token and its score', score);
    scores[i] = score;
    return asString(piece, `${where}.vocab[${i}]`);
  });
  const unkId = optional(fields, 'unk_id', where, asCount);
  if (unkId !== undefined && unkId >= pieces.length) {
    return refuse(`${where}.unk_id`, `an id below ${pieces.length}`, unkId);
  }
  return new Unigram(pieces, scores, {
    unkId,
    byteFallback: optional(fields, 'byte_fallback', where, asBool) ?? false,
  });
}
