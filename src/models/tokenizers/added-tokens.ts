import { isWhitespace, isWord } from './characters.js';
import { asArray, asBool, asObject, asString, optional } from './json.js';
import type { TokenModel } from './models/token-model.js';
import { NormalizedString } from './normalized-string.js';
import type { Normalizer } from './normalizers/normalizer.js';
import { Trie } from './trie.js';

/** A token that is found in the text before the model sees it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Only where no word character touches it. */
  readonly singleWord: boolean;
  /** Takes the white space before it along. */
  readonly leftStrip: boolean;
  /** Takes the white space after it along. */
  readonly rightStrip: boolean;
  /** Looked for, in its normalized form, in the normalized text; else as it is in the text as it came. */
  readonly normalized: boolean;
  readonly special: boolean;
}

/** Part of a text: an added token, or what lies between. */
export interface Segment {
  readonly text: NormalizedString;
  readonly token?: AddedToken;
}

/** Finds added tokens in a text, leftmost and longest first. */
class Finder {
  private readonly trie = new Trie();
  private readonly firstUnits = new Set<number>();

  constructor(
    patterns: readonly (readonly [pattern: string, token: AddedToken])[],
    private readonly tokens: ReadonlyMap<number, AddedToken>,
  ) {
    for (const [pattern, { id }] of patterns) {
      this.trie.insert(pattern, id);
      this.firstUnits.add(pattern.charCodeAt(0));
    }
  }

  split(source: NormalizedString, out: Segment[]): void {
    const { text } = source;
    let done = 0;
    for (let i = 0; i < text.length; i++) {
      if (!this.firstUnits.has(text.charCodeAt(i))) continue;
      const found = this.longestAt(text, i);
      if (found === undefined) continue;
      const { token, end } = found;
      const next = end - 1; // the loop's increment passes over the match
      if (!token.singleWord || isAlone(text, i, end)) {
        const start = token.leftStrip ? Math.max(done, blankStart(text, i)) : i;
        const stop = token.rightStrip ? blankEnd(text, end) : end;
        if (done < start) out.push({ text: source.slice(done, start) });
        out.push({ text: source.slice(start, stop), token });
        done = stop;
      }
      i = next;
    }
    if (done < text.length) out.push({ text: source.slice(done, text.length) });
  }

  private longestAt(text: string, start: number): { token: AddedToken; end: number } | undefined {
    let node = Trie.root;
    let found: { token: AddedToken; end: number } | undefined;
    for (let i = start; i < text.length; i++) {
      node = this.trie.step(node, text.charCodeAt(i));
      if (node < 0) break;
      const token = this.tokens.get(this.trie.value(node));
      if (token !== undefined) found = { token, end: i + 1 };
    }
    return found;
  }
}

function isAlone(text: string, start: number, end: number): boolean {
  const before = start === 0 ? '' : [...text.slice(Math.max(0, start - 2), start)].at(-1)!;
  const after = text.codePointAt(end);
  return (before === '' || !isWord(before.codePointAt(0)!)) && (after === undefined || !isWord(after));
}

function blankStart(text: string, end: number): number {
  while (end > 0 && isWhitespace(text.charCodeAt(end - 1))) end--;
  return end;
}

function blankEnd(text: string, start: number): number {
  while (start < text.length && isWhitespace(text.charCodeAt(start))) start++;
  return start;
}

/** The tokens that a tokenizer.json lists beside its model's vocabulary. */
export class AddedTokens {
  private readonly byContent = new Map<string, AddedToken>();
  private readonly byId = new Map<number, AddedToken>();
  /** What a token looks like after normalization, where that differs. */
  private readonly normalizedForms = new Map<number, string>();
  private readonly inOriginal: Finder;
  private readonly inNormalized: Finder;

  constructor(
    tokens: readonly AddedToken[],
    private readonly normalize: Normalizer | undefined,
  ) {
    for (const token of tokens) {
      this.byContent.set(token.content, token);
      this.byId.set(token.id, token);
      const form = token.normalized && normalize ? normalize(NormalizedString.of(token.content)).text : token.content;
      if (form !== token.content) this.normalizedForms.set(token.id, form);
    }
    const patterns = (normalized: boolean): [string, AddedToken][] =>
      [...this.byId.values()]
        .filter((token) => token.normalized === normalized)
        .map((token): [string, AddedToken] => [this.normalizedForms.get(token.id) ?? token.content, token])
        .filter(([pattern]) => pattern !== '');
    this.inOriginal = new Finder(patterns(false), this.byId);
    this.inNormalized = new Finder(patterns(true), this.byId);
  }

  get all(): Iterable<AddedToken> {
    return this.byContent.values();
  }

  find(content: string): AddedToken | undefined {
    return this.byContent.get(content);
  }

  /** The token of an id, in its normalized form when that is what it is found by. */
  formOf(id: number): string | undefined {
    return this.normalizedForms.get(id) ?? this.byId.get(id)?.content;
  }

  isSpecial(content: string): boolean {
    return this.byContent.get(content)?.special ?? false;
  }

  /** Cuts added tokens out of a text and normalizes what lies between. */
  segments(text: string): Segment[] {
    const raw: Segment[] = [];
    this.inOriginal.split(NormalizedString.of(text), raw);
    const result: Segment[] = [];
    for (const segment of raw) {
      if (segment.token !== undefined) result.push(segment);
      else this.inNormalized.split(this.normalize?.(segment.text) ?? segment.text, result);
    }
    return result;
  }
}

/**
 * Reads `added_tokens`. A token of the model's vocabulary keeps its id there; others are numbered on from the end of the
 * vocabulary in the order of the list, which is the `id` they carry in a file that the library wrote.
 */
export function readAddedTokens(
  json: unknown,
  model: TokenModel,
  normalize: Normalizer | undefined,
): AddedTokens {
  const tokens: AddedToken[] = [];
  const ids = new Map<string, number>();
  let next = model.size;
  asArray(json ?? [], 'added_tokens').forEach((value, i) => {
    const where = `added_tokens[${i}]`;
    const fields = asObject(value, where);
    const content = asString(fields['content'], `${where}.content`);
    if (content === '') return;
    const flag = (key: string): boolean => asBool(fields[key], `${where}.${key}`);
    const id = ids.get(content) ?? model.vocab.get(content) ?? next++;
    ids.set(content, id);
    const special = flag('special');
    tokens.push({
      id,
      content,
      singleWord: flag('single_word'),
      leftStrip: flag('lstrip'),
      rightStrip: flag('rstrip'),
      normalized: optional(fields, 'normalized', where, asBool) ?? !special,
      special,
    });
  });
  return new AddedTokens(tokens, normalize);
}
