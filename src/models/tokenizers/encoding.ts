/** A text (or pair of texts) as token ids, with what each token stands for. All arrays have one entry a token. */
export interface Encoding {
  readonly ids: Int32Array;
  /** 0 for the first text, 1 for the second, as the post-processor says. */
  readonly typeIds: Int32Array;
  /** As the vocabulary writes them: an unknown part of the text is the unknown token. */
  readonly tokens: readonly string[];
  /** [n * 2] start and end of each token in Unicode code points of its own original text; 0, 0 for special tokens. */
  readonly offsets: Int32Array;
  /** 1 where the post-processor added the token, 0 where it comes from the text. */
  readonly specialMask: Uint8Array;
  /** Index of the pre-token ("word") a token comes from, counted in its own text; -1 for special tokens. */
  readonly wordIds: Int32Array;
  /** Which text a token comes from: 0 or 1; -1 for special tokens. */
  readonly sequenceIds: Int8Array;
}

/** Positions of the tokens that come from the text. */
export function textPositions({ specialMask }: Pick<Encoding, 'specialMask'>): Int32Array {
  return Int32Array.from(specialMask.keys()).filter((at) => specialMask[at] === 0);
}

export interface EncodeOptions {
  pair?: string;
  /** Default true. */
  addSpecialTokens?: boolean;
  /** Upper bound of the encoding's length, special tokens included; the longer text of a pair is cut first. */
  maxTokens?: number;
}

export interface DecodeOptions {
  /** Default false. */
  skipSpecialTokens?: boolean;
  /** Removes the spaces before punctuation that word-level decoders leave; default: what tokenizer_config.json says. */
  cleanUp?: boolean;
}

/** Ids of the tokens that tokenizer_config.json gives a role. */
export interface SpecialIds {
  readonly cls?: number;
  readonly sep?: number;
  readonly pad?: number;
  readonly mask?: number;
  readonly unk?: number;
  readonly bos?: number;
  readonly eos?: number;
}
