import { ModelError } from '../../../common/errors.js';
import { asString, asVocab, type JsonObject, optional } from '../json.js';
import { invertVocab, type TokenModel, wholeWord, type WordTokens } from './token-model.js';

/** One token a word. */
export class WordLevel implements TokenModel {
  private readonly byId: ReadonlyMap<number, string>;

  constructor(
    readonly vocab: ReadonlyMap<string, number>,
    readonly unkToken: string,
  ) {
    this.byId = invertVocab(vocab);
  }

  get size(): number {
    return this.vocab.size;
  }

  tokenize(word: string): WordTokens {
    const id = this.vocab.get(word);
    if (id !== undefined) return wholeWord(id, word, word);
    return wholeWord(unknownId(this.vocab, this.unkToken), this.unkToken, word);
  }

  tokenOf(id: number): string | undefined {
    return this.byId.get(id);
  }
}

/** Found out only when a word needs it: some vocabularies know every word there can be and have no unknown token. */
export function unknownId(vocab: ReadonlyMap<string, number>, unkToken: string): number {
  const id = vocab.get(unkToken);
  if (id === undefined) throw new ModelError(`tokenizer: expected unk_token ${unkToken} in the vocabulary, got none`);
  return id;
}

export function buildWordLevel(fields: JsonObject, where: string): WordLevel {
  const unkToken = optional(fields, 'unk_token', where, asString) ?? '<unk>';
  return new WordLevel(asVocab(fields['vocab'], `${where}.vocab`), unkToken);
}
