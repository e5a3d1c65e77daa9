import { isObject } from './json.js';
import type { SpecialIds } from './encoding.js';

type Role = keyof SpecialIds;

/** Names of BERT's and RoBERTa's families, for a directory without tokenizer_config.json. */
const USUAL_NAMES: Readonly<Record<Role, readonly string[]>> = {
  cls: ['[CLS]', '<s>'],
  sep: ['[SEP]', '</s>'],
  pad: ['[PAD]', '<pad>'],
  mask: ['[MASK]', '<mask>'],
  unk: ['[UNK]', '<unk>'],
  bos: ['<s>'],
  eos: ['</s>'],
};

/** The token that a config gives a role; older files write it with its flags. */
function configured(config: unknown, role: Role): string | undefined {
  const value = isObject(config) ? config[`${role}_token`] : undefined;
  const content = isObject(value) ? value['content'] : value;
  return typeof content === 'string' ? content : undefined;
}

/** Which token has which role: as tokenizer_config.json says, or without that file the usual names. */
export function specialTokens(
  config: unknown,
  idOf: (token: string) => number | undefined,
): { ids: SpecialIds; maskToken: string | undefined } {
  const ids: Partial<Record<Role, number>> = {};
  let maskToken: string | undefined;
  for (const role of Object.keys(USUAL_NAMES) as Role[]) {
    const names = isObject(config) ? [configured(config, role) ?? ''] : USUAL_NAMES[role];
    const name = names.find((candidate) => candidate !== '' && idOf(candidate) !== undefined);
    const id = name === undefined ? undefined : idOf(name);
    if (id === undefined) continue;
    ids[role] = id;
    if (role === 'mask') maskToken = name;
  }
  return { ids, maskToken };
}
