import { describe, expect, it } from 'vitest';
import { createSecret, hashSecret, hintOf } from './key-secret.js';

describe('a secret', () => {
  it('is 256 random bits after its prefix, hashed to 32 bytes', () => {
    const secrets = new Set(Array.from({ length: 1000 }, createSecret));
    expect(secrets.size).toBe(1000);
    for (const secret of secrets) {
      expect(Buffer.from(secret.slice(4), 'base64url')).toHaveLength(32);
      expect(hashSecret(secret)).toHaveLength(32);
    }
  });

  it('shows 6 of its characters in its hint', () => {
    expect(hintOf(`tsk_abcd${'x'.repeat(37)}yz`)).toBe('tsk_abcd…yz');
  });

  it.each(['', 'tsk_', 'sk_x', `tsk_${'a'.repeat(42)}`, `tsk_${'a'.repeat(42)}!`, ` tsk_${'a'.repeat(43)}`])(
    'is not %j',
    (text) => {
      expect(hashSecret(text)).toBeUndefined();
    },
  );
});
