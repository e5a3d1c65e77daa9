/** One step from tokens to text; what the last step returns is joined. */
export type Decoder = (tokens: readonly string[]) => readonly string[];
