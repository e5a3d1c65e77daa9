import { AppError, StorageError } from '../common/errors.js';

/** Our own errors as they are; anything else, from a disk or a server, as a StorageError that names the work. */
export function toStorageError(error: unknown, work: string): AppError {
  if (error instanceof AppError) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  return new StorageError(`storage: ${work}: expected success, got ${[code, message].filter(Boolean).join(' ')}`, {
    cause: error,
  });
}

export async function asStorageError<T>(work: string, promise: Promise<T>): Promise<T> {
  return promise.catch((error: unknown) => {
    throw toStorageError(error, work);
  });
}
