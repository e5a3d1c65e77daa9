import { ValidationError } from './errors.js';
import { isPlainText } from './text.js';

/** One page of a list; `nextCursor` is absent on the last one. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

export interface PageRequest {
  readonly limit?: number;
  readonly cursor?: string;
}

const MAX_LIMIT = 1000;

/** The bounded limit of a page request and the sort key to go on after. */
export function readPageRequest({ limit = 100, cursor }: PageRequest): { limit: number; after: string | undefined } {
  if (!Number.isInteger(limit) || limit < 1 || limit > MAX_LIMIT) {
    throw new ValidationError(`limit: expected an integer from 1 to ${MAX_LIMIT}, got ${limit}`, { param: 'limit' });
  }
  return { limit, after: cursor === undefined ? undefined : decodeCursor(cursor) };
}

/** Makes a page of `limit` rows from up to `limit + 1` that were read in order of `sortKey`. */
export function toPage<T>(rows: readonly T[], limit: number, sortKey: (row: T) => string): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined ? { items, nextCursor: encodeCursor(sortKey(last)) } : { items };
}

function encodeCursor(key: string): string {
  return Buffer.from(key, 'utf8').toString('base64url');
}

function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!isPlainText(key) || key === '' || encodeCursor(key) !== cursor) throw wrongCursor(cursor);
  return key;
}

/** For a cursor, or a sort key out of one, that no page gave. Requests call it `after`. */
export function wrongCursor(got: string): ValidationError {
  return new ValidationError(
    `after: expected what an earlier page gave as next, got ${JSON.stringify(got.slice(0, 80))}`,
    {
      param: 'after',
    },
  );
}
