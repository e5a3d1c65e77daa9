import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../common/errors.js';

const AGAIN_MS = 500;

/**
 * Does something again while the database is away, until it answers or `over` is aborted. The answer to a commit may have
 * been lost: what is done must bear being done twice.
 *
 * @throws what `work` threw last
 */
export async function whileAway<T>(work: () => Promise<T>, over: AbortSignal): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (over.aborted || !(error instanceof AppError) || error.code !== 'database_unavailable') throw error;
    }
    await sleep(AGAIN_MS);
  }
}
