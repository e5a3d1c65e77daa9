import { routedRows } from './rows/routed.js';
import { single } from './rows/single.js';
import { squads } from './rows/squads.js';
import { sums } from './rows/sums.js';
import { twoDomains } from './rows/two-domains.js';
import type { ComposeRow } from './stage.js';

/** The rows of the table, in its order. */
export const COMPOSE_ROWS: readonly ComposeRow[] = [...single, ...sums, ...routedRows, ...twoDomains, ...squads];
