import { createHash, randomBytes } from 'node:crypto';

const SECRET = /^tsk_[A-Za-z0-9_-]{43}$/;

/** A new secret: 256 random bits after the prefix that tells what it is, to people and to secret scanners. */
export function createSecret(): string {
  return `tsk_${randomBytes(32).toString('base64url')}`;
}

/**
 * sha256 of a secret, or `undefined` when the text cannot be one. A plain hash is enough: 256 random bits cannot be
 * guessed, so there is nothing for a slow one to slow down. Looking a hash up leaks nothing of the secret by its timing.
 */
export function hashSecret(secret: string): Buffer | undefined {
  return SECRET.test(secret) ? createHash('sha256').update(secret).digest() : undefined;
}

/** Enough to tell keys apart, 6 of 43 characters. */
export function hintOf(secret: string): string {
  return `${secret.slice(0, 8)}…${secret.slice(-2)}`;
}
