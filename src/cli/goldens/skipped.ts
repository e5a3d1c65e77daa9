import { REFUSED_PEFT_TYPES } from '../../adapters/methods/refused.js';
import type { GoldenEntry } from './golden-set.js';

/** Groups of cases whose part of Tessera is not built yet, each with what is missing. */
const GROUPS: Readonly<Record<string, string>> = {
  E: 'decoders are not built yet',
  F: 'encoder-decoders are not built yet',
  H: 'vision and speech are not built yet',
};

/** Why a case is not run, or nothing. Only a group not built yet, or a method refused by name, may be skipped. */
export function reasonToSkip(entry: GoldenEntry): string | undefined {
  const group = GROUPS[entry.group];
  if (group) return `group ${entry.group}: ${group}`;
  if ('CG'.includes(entry.group) && entry.task === 'causal')
    return `group ${entry.group}, task causal: ${GROUPS['E']!}`;
  const refused = REFUSED_PEFT_TYPES[entry.method.toUpperCase()];
  return refused && `${entry.method} is refused: ${refused}`;
}
