import type { Readable } from 'node:stream';

/** Nest token of the one ObjectStore. */
export const OBJECT_STORE = Symbol('ObjectStore');

export interface ObjectInfo {
  readonly key: string;
  readonly bytes: number;
  /** 64 hexadecimal digits of the content, computed here while it was written; a store's own ETag is never used. */
  readonly sha256: string;
  readonly modifiedAtMs: number;
}

/** What a listing knows of an object without opening it. */
export type ListedObject = Pick<ObjectInfo, 'key' | 'bytes' | 'modifiedAtMs'>;

export interface ByteRange {
  /** First byte. */
  readonly start: number;
  /** One past the last byte; absent: to the end. */
  readonly end?: number;
}

export interface ReadOptions {
  /** A larger object is refused. */
  readonly maxBytes?: number;
  /** What the content must be; another is refused as corrupted, even where it is what the store was given. */
  readonly sha256?: string;
}

/**
 * Blobs by key, written once and never changed. An object is absent → whole → absent: a reader never sees part of one,
 * and a `put` that fails leaves nothing. Keys are checked by `checkKey`.
 *
 * Errors: NotFoundError (absent), ConflictError `object_exists`, TooLargeError, ValidationError (key, range), and
 * StorageError (retryable) for whatever the disk or the server does wrong.
 */
export interface ObjectStore {
  /** Writes a new object; refused when the key exists or the body passes `maxBytes`. */
  put(key: string, body: Uint8Array | Readable, options?: { maxBytes?: number }): Promise<ObjectInfo>;
  /** The bytes as a stream; the range's end is cut at the object's. */
  get(key: string, range?: ByteRange): Promise<Readable>;
  /** The whole object in shared memory, which other threads read without a copy. */
  read(key: string, options?: ReadOptions): Promise<Uint8Array>;
  find(key: string): Promise<ObjectInfo | undefined>;
  /** Every object whose key starts with `prefix`, in order of key (bytewise). */
  list(prefix: string): AsyncIterable<ListedObject>;
  /** Removes the object; an absent one is no error. */
  delete(key: string): Promise<void>;
}
