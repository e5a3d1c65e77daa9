import { ModelError } from '../../common/errors.js';
import type { DecodeOptions, EncodeOptions, Encoding, SpecialIds } from './encoding.js';

/** Text to ids and back, as a Hugging Face tokenizer.json describes it. */
export class Tokenizer {
  readonly vocabSize: number = 0;
  readonly special: SpecialIds = {};
  readonly maskToken?: string;

  static fromJson(_json: unknown, _config?: unknown): Tokenizer {
    throw new ModelError('tokenizer: expected a known tokenizer.json, got one without a model');
  }

  encode(_text: string, _options: EncodeOptions = {}): Encoding {
    throw new ModelError('tokenizer: not loaded');
  }

  decode(_ids: Iterable<number>, _options: DecodeOptions = {}): string {
    throw new ModelError('tokenizer: not loaded');
  }

  tokenToId(_token: string): number | undefined {
    return undefined;
  }

  idToToken(_id: number): string | undefined {
    return undefined;
  }
}
