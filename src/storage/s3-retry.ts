import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../common/errors.js';

const ATTEMPTS = 4;
const FIRST_PAUSE_MS = 100;
/** What S3 answers about the request itself; asking again changes nothing. */
const FINAL = new Set(
  'NotFound NoSuchKey NoSuchBucket NoSuchUpload PreconditionFailed AccessDenied InvalidAccessKeyId SignatureDoesNotMatch InvalidBucketName EntityTooLarge'.split(
    ' ',
  ),
);

/** Runs `work` again, with growing pauses, while it fails in a way that may pass: the network, 5xx, a server that is busy. */
export async function withRetries<T>(work: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      if (attempt === ATTEMPTS || !mayPass(error)) throw error;
      await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random()));
    }
  }
}

export function s3Code(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

function mayPass(error: unknown): boolean {
  return !(error instanceof AppError) && !FINAL.has(s3Code(error));
}
