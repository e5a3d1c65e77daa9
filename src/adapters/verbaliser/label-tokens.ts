import { IncompatibleAdapterError } from '../../common/errors.js';
import { Template, type PromptTokenizer } from './template.js';
import type { Verbaliser } from './verbaliser-file.js';

/**
 * The tokens that stand for each label, found by putting each word in the place of the mask: so a word gets the form that it
 * has there, for instance with a space before it.
 *
 * A word of several tokens is refused. One mask gives one distribution over tokens: it has no probability of a word in
 * pieces, and the mean of its pieces would score other words that share them.
 *
 * @throws IncompatibleAdapterError  for a word that is not one known token, or stands for two labels
 */
export function labelTokens({ template, labels }: Verbaliser, tokenizer: PromptTokenizer): number[][] {
  const prompt = Template.parse(template);
  const { ids } = tokenizer.encode(prompt.wrap('', tokenizer));
  const at = prompt.maskPosition(ids, tokenizer);
  const owners = new Map<number, string>();
  return labels.map(({ label, words }) =>
    words.map((word) => {
      const token = tokenOf(word);
      const other = owners.get(token);
      if (other !== undefined) throw refusal(`must stand for one label once, got ${other} and ${label}`, word);
      owners.set(token, label);
      return token;
    }),
  );

  function tokenOf(word: string): number {
    const filled = tokenizer.encode(prompt.fill('', word));
    const pieces = filled.ids.length - ids.length + 1;
    if (pieces !== 1) {
      const got = filled.tokens.slice(at, at + Math.max(0, pieces)).join(' ') || 'none';
      throw refusal(`must be one token in the place of the mask, got ${got}`, word);
    }
    const token = filled.ids[at];
    const isElsewhereSame = filled.ids.every((id, position) => position === at || id === ids[position]);
    if (token === undefined || token === tokenizer.special.unk || !isElsewhereSame) {
      throw refusal(`must be a word of the base's vocabulary, got ${filled.tokens[at] ?? 'nothing'}`, word);
    }
    return token;
  }
}

function refusal(rule: string, word: string): IncompatibleAdapterError {
  return new IncompatibleAdapterError(`verbaliser: word ${JSON.stringify(word)}: ${rule}`, { param: 'labels' });
}
