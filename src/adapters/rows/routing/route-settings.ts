import { TOKEN_LAWS } from './laws.js';

/** The number of a law in `routes.settings`; 0 is a route that is not there, or one that gates have no say in. */
export function lawNumber(law: string): number {
  return TOKEN_LAWS.findIndex((known) => known === law) + 1;
}

/** The floor of a route without one; below every score. */
export const ALL_MEMBERS_CLEAR = -3e38;
