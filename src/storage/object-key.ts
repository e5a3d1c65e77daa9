import { NotFoundError, ValidationError } from '../common/errors.js';
import type { ByteRange } from './object-store.js';

const SEGMENT = /^[A-Za-z0-9_=@+-][A-Za-z0-9._=@+-]{0,199}$/;
const MAX_KEY = 900;

/**
 * Refuses a key that any store could misread: segments of letters, digits and `. _ = @ + -` that don't start with a
 * dot, joined by `/`.
 */
export function checkKey(key: string): void {
  if (key.length > MAX_KEY || !key.split('/').every((segment) => SEGMENT.test(segment))) {
    throw new ValidationError(
      `object key: expected at most ${MAX_KEY} characters, segments of letters, digits and ._=@+- joined by /, got ${key.slice(0, 100)}`,
    );
  }
}

/** Refuses a list prefix that is not the start of a key; '' lists everything. */
export function checkPrefix(prefix: string): void {
  if (prefix !== '') checkKey(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix);
}

/** The range cut to an object of `bytes`; refused when it starts past the end or is reversed. */
export function clipRange({ start, end }: ByteRange, bytes: number): { start: number; end: number } {
  const clipped = { start, end: Math.min(end ?? bytes, bytes) };
  if (!Number.isInteger(start) || start < 0 || start > bytes || clipped.end < start) {
    throw new ValidationError(`range: expected 0 <= start <= end within ${bytes} bytes, got ${start}..${end ?? ''}`);
  }
  return clipped;
}

export function noSuchObject(key: string, cause?: unknown): NotFoundError {
  return new NotFoundError(`object: expected one at ${key}, found none`, { code: 'object_not_found', cause });
}
