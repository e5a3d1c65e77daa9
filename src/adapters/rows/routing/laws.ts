import { arrow } from './arrow.js';
import { modSquad } from './mod-squad.js';
import { phatgoose } from './phatgoose.js';
import type { TokenLawRule } from './token-law.js';

const LAWS = { arrow, phatgoose, mod_squad: modSquad } satisfies Record<string, TokenLawRule>;

/** Laws by which a route shares out tokens inside the graph. */
export type TokenLaw = keyof typeof LAWS;
export const TOKEN_LAWS = Object.keys(LAWS) as readonly TokenLaw[];

export function tokenLaw(name: TokenLaw): TokenLawRule {
  return LAWS[name];
}
