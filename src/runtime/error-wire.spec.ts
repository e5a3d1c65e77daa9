import { describe, expect, it } from 'vitest';
import {
  AppError,
  IncompatibleAdapterError,
  NotFoundError,
  QuotaExceededError,
  ValidationError,
} from '../common/errors.js';
import { fromWireError, toWireError } from './error-wire.js';

function roundTrip(error: unknown): Error {
  return fromWireError(structuredClone(toWireError(error)));
}

describe('errors across a thread', () => {
  it.each([
    new ValidationError('model: expected a name, got nothing', { param: 'model' }),
    new NotFoundError('no brick', { code: 'brick_not_resident' }),
    new IncompatibleAdapterError('rank: expected at most 64, got 65'),
    new QuotaExceededError('too many', { retryAfterSeconds: 3 }),
  ])('keep class, code, status, details, message and stack: $name', (error) => {
    const back = roundTrip(error);
    expect(back).toBeInstanceOf(error.constructor);
    for (const key of ['code', 'status', 'retryable', 'param', 'retryAfterSeconds', 'message', 'stack'] as const)
      expect(back).toHaveProperty(key, error[key]);
  });

  it('stay bugs when they were bugs', () => {
    const back = roundTrip(new TypeError('x is undefined'));
    expect(back).not.toBeInstanceOf(AppError);
    expect([back.name, back.message]).toEqual(['TypeError', 'x is undefined']);
  });

  it('carry what was thrown when it was no error', () => {
    expect(roundTrip('out of luck').message).toBe('out of luck');
  });
});
