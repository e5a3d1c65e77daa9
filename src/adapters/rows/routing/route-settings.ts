import { TOKEN_LAWS, type TokenLaw } from './laws.js';

/** The number of a law in `routes.settings`; 0 is a route that is not there. */
export function lawNumber(law: TokenLaw): number {
  return TOKEN_LAWS.indexOf(law) + 1;
}

/** The floor of a route without one; below every score. */
export const ALL_MEMBERS_CLEAR = -3e38;
