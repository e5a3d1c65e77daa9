import { AppError, CancelledError, QuotaExceededError } from '../common/errors.js';
import type { JobError } from './fine-tuning-job.entity.js';

/** A job whose runs die this often without a checkpoint between them fails. */
export const MAX_FAILURES = 3;

/** What a worker does about an error. */
export interface Failure {
  /** `again`: another try may succeed. `final`: none would. `changed`: the job was taken out of the worker's hands. */
  readonly kind: 'again' | 'final' | 'changed';
  readonly error: JobError;
  /** A bug of ours, or a crash: to be logged. */
  readonly isFault: boolean;
}

/** What an error of a run means for its job. */
export function failureOf(error: unknown): Failure {
  const code = systemCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return final('disk_full', 'There was no room on the disk for the data or a checkpoint of this job.', null, true);
  }
  if (error instanceof CancelledError) {
    return { kind: 'changed', error: { code: error.code, message: error.message, param: null }, isFault: false };
  }
  if (!(error instanceof AppError)) {
    return { ...final('internal_error', 'The service failed to run this job.', null, true), kind: 'again' };
  }
  const param = error.param ?? null;
  if (error.retryable && !(error instanceof QuotaExceededError)) {
    return { ...final(error.code, error.message, param, true), kind: 'again' };
  }
  return final(error.code, error.message, param, false);
}

function final(code: string, message: string, param: string | null, isFault: boolean): Failure {
  return { kind: 'final', error: { code, message, param }, isFault };
}

/** The system's reason, also of what wraps it. */
function systemCode(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return code;
    if (/\b(ENOSPC|EDQUOT)\b/.test(at.message)) return /\b(ENOSPC|EDQUOT)\b/.exec(at.message)?.[1];
  }
  return undefined;
}
