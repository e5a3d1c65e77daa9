import { expect, it } from 'vitest';
import {
  CancelledError,
  DivergedError,
  OverloadedError,
  QuotaExceededError,
  StorageError,
  ValidationError,
} from '../common/errors.js';
import { failureOf } from './failure.js';

const noSpace = Object.assign(new Error('write'), { code: 'ENOSPC' });

it.each<[unknown, 'again' | 'final' | 'changed', string]>([
  [new ValidationError('data'), 'final', 'invalid_value'],
  [new DivergedError('loss at step 3'), 'final', 'diverged'],
  [new QuotaExceededError('adapters'), 'final', 'rate_limit_exceeded'],
  [new OverloadedError('died', { code: 'training_process_died' }), 'again', 'training_process_died'],
  [new StorageError('store away'), 'again', 'storage_unavailable'],
  [new StorageError('put', { cause: noSpace }), 'final', 'disk_full'],
  [noSpace, 'final', 'disk_full'],
  [new Error('ENOSPC: no space left on device, write'), 'final', 'disk_full'],
  [new Error('a bug'), 'again', 'internal_error'],
  ['text', 'again', 'internal_error'],
  [new CancelledError(), 'changed', 'cancelled'],
])('%s is %s as %s', (error, kind, code) => {
  expect(failureOf(error)).toMatchObject({ kind, error: { code } });
});

it('says nothing of the inside of a bug', () => {
  expect(failureOf(new Error('password hunter2')).error.message).not.toContain('hunter2');
});
