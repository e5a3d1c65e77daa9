import { ValidationError } from '../../common/errors.js';
import { type AddedTokens, readAddedTokens, type Segment } from './added-tokens.js';
import { buildDecoder } from './decoders/build-decoder.js';
import { cleanUpText } from './decoders/clean-up.js';
import type { Decoder } from './decoders/decoder.js';
import { type Draft, joinDrafts } from './draft.js';
import type { DecodeOptions, EncodeOptions, Encoding, SpecialIds } from './encoding.js';
import { asObject, isObject, refuse } from './json.js';
import { buildModel } from './models/build-model.js';
import type { TokenModel } from './models/token-model.js';
import type { NormalizedString } from './normalized-string.js';
import { buildNormalizer } from './normalizers/build-normalizer.js';
import { buildPostProcessor } from './post-processors/build-post-processor.js';
import type { PostProcessor } from './post-processors/post-processor.js';
import { buildPreTokenizer } from './pre-tokenizers/build-pre-tokenizer.js';
import type { PreTokenizer } from './pre-tokenizers/pre-tokenizer.js';
import { specialTokens } from './special-ids.js';
import { truncateLongestFirst } from './truncate.js';

interface Parts {
  added: AddedTokens;
  preTokenizer: PreTokenizer;
  model: TokenModel;
  postProcessor: PostProcessor;
  decoder: Decoder | undefined;
  config: unknown;
}

const withoutSpecials: PostProcessor = { added: () => 0, process: (drafts) => drafts };

/**
 * Text to ids and back, as a Hugging Face tokenizer.json describes it; ids, tokens and offsets are those of the
 * `tokenizers` library, to the letter.
 *
 * The file's `truncation` and `padding` are not applied: callers say `maxTokens` and pad batches themselves. Its own
 * tokens are kept in a bounded cache by word, so one instance should serve all requests of a base model.
 */
export class Tokenizer {
  /** One more than the largest id. */
  readonly vocabSize: number;
  readonly special: SpecialIds;
  readonly maskToken?: string | undefined;
  /** Where `maxTokens` cuts. */
  readonly truncationSide: 'left' | 'right';
  private readonly cleansUp: boolean;

  private constructor(private readonly parts: Parts) {
    const { config } = parts;
    const { ids, maskToken } = specialTokens(config, (token) => this.tokenToId(token));
    this.special = ids;
    this.maskToken = maskToken;
    this.vocabSize = 1 + this.largestId();
    this.truncationSide = isObject(config) && config['truncation_side'] === 'left' ? 'left' : 'right';
    this.cleansUp = isObject(config) && config['clean_up_tokenization_spaces'] === true;
  }

  /**
   * @param json    parsed tokenizer.json
   * @param config  parsed tokenizer_config.json; names the special tokens and the side to cut
   * @throws ModelError  an unknown component or a malformed field, by its place in the file
   */
  static fromJson(json: unknown, config?: unknown): Tokenizer {
    const fields = asObject(json, 'file');
    const version = fields['version'] ?? '1.0';
    if (version !== '1.0') refuse('version', '1.0', version);
    const built = <T>(key: string, build: (part: unknown) => T): T | undefined =>
      fields[key] === undefined || fields[key] === null ? undefined : build(fields[key]);
    const model = buildModel(fields['model']);
    const normalizer = built('normalizer', (part) => buildNormalizer(part));
    return new Tokenizer({
      added: readAddedTokens(fields['added_tokens'], model, normalizer),
      preTokenizer: built('pre_tokenizer', (part) => buildPreTokenizer(part)) ?? keepWhole,
      model,
      postProcessor: built('post_processor', (part) => buildPostProcessor(part)) ?? withoutSpecials,
      decoder: built('decoder', (part) => buildDecoder(part)),
      config,
    });
  }

  /** @throws ValidationError  when `maxTokens` leaves no room for the special tokens */
  encode(text: string, options: EncodeOptions = {}): Encoding {
    const { pair, addSpecialTokens = true, maxTokens } = options;
    const limit = this.truncationSide === 'right' ? maxTokens : undefined;
    const drafts = [this.draft(text, 0, limit)];
    if (pair !== undefined) drafts.push(this.draft(pair, 1, limit));
    const { postProcessor } = this.parts;
    const room = roomFor(maxTokens, addSpecialTokens ? postProcessor.added(pair !== undefined) : 0);
    const kept = truncateLongestFirst(drafts, room, this.truncationSide);
    return joinDrafts(postProcessor.process(kept, addSpecialTokens), (id) => this.idToToken(id) ?? '');
  }

  /** Ids that are not in the vocabulary are passed over. */
  decode(ids: Iterable<number>, options: DecodeOptions = {}): string {
    const { added, decoder } = this.parts;
    const tokens: string[] = [];
    for (const id of ids) {
      const token = this.idToToken(id);
      if (token === undefined || (options.skipSpecialTokens && added.isSpecial(token))) continue;
      tokens.push(token);
    }
    const text = decoder === undefined ? tokens.join(' ') : decoder(tokens).join('');
    return (options.cleanUp ?? this.cleansUp) ? cleanUpText(text) : text;
  }

  tokenToId(token: string): number | undefined {
    return this.parts.added.find(token)?.id ?? this.parts.model.vocab.get(token);
  }

  /** For an added token that is looked for in normalized text: its normalized form, as decoders get it. */
  idToToken(id: number): string | undefined {
    return this.parts.added.formOf(id) ?? this.parts.model.tokenOf(id);
  }

  private largestId(): number {
    let largest = -1;
    for (const id of this.parts.model.vocab.values()) largest = Math.max(largest, id);
    for (const { id } of this.parts.added.all) largest = Math.max(largest, id);
    return largest;
  }

  /** Tokens of one text; stops at the word that reaches `limit` (an added token does not stop it). */
  private draft(text: string, sequence: 0 | 1, limit = Infinity): Draft {
    const tokens = new DraftTokens();
    for (const segment of this.parts.added.segments(text.replace(LONE_SURROGATES, '\ufffd'))) {
      if (!this.addSegment(tokens, segment, limit)) break;
    }
    const { ids, surfaces, offsets, wordIds } = tokens;
    return { ids, surfaces, offsets, wordIds, typeId: sequence, sequence };
  }

  /** False when the limit is reached. */
  private addSegment(out: DraftTokens, { text, token }: Segment, limit: number): boolean {
    if (token !== undefined) {
      out.add(text, { ids: [token.id], surfaces: [text.text], spans: [0, text.length] });
      return true;
    }
    const words: NormalizedString[] = [];
    this.parts.preTokenizer(text, words);
    for (const word of words) {
      out.add(word, this.parts.model.tokenize(word.text));
      if (out.ids.length >= limit) return false;
    }
    return true;
  }
}

/** Half of a surrogate pair alone is no character; it counts as the replacement character. */
const LONE_SURROGATES = /\p{Surrogate}/gu;

const keepWhole: PreTokenizer = (text, out) => {
  if (text.length > 0) out.push(text);
};

function roomFor(maxTokens: number | undefined, specials: number): number {
  if (maxTokens === undefined) return Infinity;
  if (maxTokens >= specials) return maxTokens - specials;
  throw new ValidationError(`encode: maxTokens: expected at least ${specials} for the special tokens, got ${maxTokens}`);
}

class DraftTokens {
  readonly ids: number[] = [];
  readonly surfaces: string[] = [];
  readonly offsets: number[] = [];
  readonly wordIds: number[] = [];
  private words = 0;

  add(word: NormalizedString, { ids, surfaces, spans }: ReturnType<TokenModel['tokenize']>): void {
    for (let i = 0; i < ids.length; i++) {
      this.ids.push(ids[i]!);
      this.surfaces.push(surfaces[i]!);
      this.offsets.push(word.originalStart(spans[2 * i]!), word.originalEnd(spans[2 * i + 1]! - 1));
      this.wordIds.push(this.words);
    }
    this.words++;
  }
}
