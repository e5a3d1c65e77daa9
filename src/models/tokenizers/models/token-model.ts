/** A word in tokens. */
export interface WordTokens {
  readonly ids: readonly number[];
  /** The text of each token; for an unknown one the library keeps what it stands for in some models. */
  readonly surfaces: readonly string[];
  /** Start and end of each token in code units of the word; tokens of one character's bytes share its span. */
  readonly spans: readonly number[];
}

/** The vocabulary and how a word is cut into its tokens. */
export interface TokenModel {
  readonly vocab: ReadonlyMap<string, number>;
  /** How many tokens the file lists. */
  readonly size: number;
  readonly unkToken?: string | undefined;
  tokenize(word: string): WordTokens;
  tokenOf(id: number): string | undefined;
}

/** Id → token, the last of several tokens with one id. */
export function invertVocab(vocab: ReadonlyMap<string, number>): Map<number, string> {
  const tokens = new Map<number, string>();
  for (const [token, id] of vocab) tokens.set(id, token);
  return tokens;
}

export function wholeWord(id: number, token: string, word: string): WordTokens {
  return { ids: [id], surfaces: [token], spans: [0, word.length] };
}
