const RULES: readonly (readonly [string, string])[] = [
  [' .', '.'],
  [' ?', '?'],
  [' !', '!'],
  [' ,', ','],
  [" ' ", "'"],
  [" n't", "n't"],
  [" 'm", "'m"],
  [' do not', " don't"],
  [" 's", "'s"],
  [" 've", "'ve"],
  [" 're", "'re"],
];

/** Takes out the blanks that cutting at punctuation leaves in English; as the library has it, “ do not” becomes “ don't”. */
export function cleanUpToken(text: string): string {
  if (!text.includes(' ')) return text;
  return RULES.reduce((cleaned, [from, to]) => cleaned.replaceAll(from, to), text);
}

/** The same over a whole text, as `clean_up_tokenization_spaces` asks for: without the rule for “ do not”. */
export function cleanUpText(text: string): string {
  return RULES.reduce((cleaned, [from, to]) => (from === ' do not' ? cleaned : cleaned.replaceAll(from, to)), text);
}
