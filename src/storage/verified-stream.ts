import { createHash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { StorageError } from '../common/errors.js';
import { toStorageError } from './storage-failure.js';

/** The object's bytes did not match the sha256 they were written with. */
function corrupted(key: string, expected: string, got: string): StorageError {
  return new StorageError(`object ${key}: expected content of sha256 ${expected}, got ${got}`, {
    code: 'object_corrupted',
  });
}

/** @throws StorageError `object_corrupted`  unless the content's sha256 is each one that is known of it */
export function expectSha256(key: string, got: string, known: readonly (string | undefined)[]): void {
  for (const sha256 of known) if (sha256 !== undefined && got !== sha256) throw corrupted(key, sha256, got);
}

/** A whole object on its way out: ends with an error when its content is not what was written. */
export function verifyStream(source: Readable, key: string, sha256: string): Readable {
  const hash = createHash('sha256');
  const check = new Transform({
    transform(chunk: Uint8Array, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
    flush(done) {
      const got = hash.digest('hex');
      done(got === sha256 ? null : corrupted(key, sha256, got));
    },
  });
  return forward(source, check, key);
}

/** Pipes with errors as StorageErrors; closing either end closes the other. */
export function forward<T extends Transform>(source: Readable, target: T, key: string): T {
  source.once('error', (error) => target.destroy(toStorageError(error, `get ${key}`)));
  target.once('close', () => source.destroy());
  return source.pipe(target);
}
