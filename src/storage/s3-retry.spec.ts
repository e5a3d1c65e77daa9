import { describe, expect, it } from 'vitest';
import { ConflictError } from '../common/errors.js';
import { withRetries } from './s3-retry.js';

function failing(times: number, error: unknown) {
  let calls = 0;
  const work = async (attempt: number) => {
    calls++;
    if (calls <= times) throw error;
    return attempt;
  };
  return { work, calls: () => calls };
}
const coded = (code: string) => Object.assign(new Error(code), { code });

describe('withRetries', () => {
  it.each(['ECONNRESET', 'SlowDown', 'InternalError', 'ServiceUnavailable'])('tries again after %s', async (code) => {
    const { work } = failing(2, coded(code));
    expect(await withRetries(work)).toBe(3);
  });

  it('gives up after the fourth', async () => {
    const { work, calls } = failing(9, coded('SlowDown'));
    await expect(withRetries(work)).rejects.toThrow('SlowDown');
    expect(calls()).toBe(4);
  });

  it.each([coded('NoSuchKey'), coded('AccessDenied'), coded('PreconditionFailed'), new ConflictError('there is one')])(
    'takes %s for the answer',
    async (error) => {
      const { work, calls } = failing(9, error);
      await expect(withRetries(work)).rejects.toBe(error);
      expect(calls()).toBe(1);
    },
  );
});
