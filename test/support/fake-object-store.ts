import { Readable } from 'node:stream';
import { ConflictError, TooLargeError } from '../../src/common/errors.js';
import { MeteredBody } from '../../src/storage/metered-body.js';
import { checkKey, checkPrefix, clipRange, noSuchObject } from '../../src/storage/object-key.js';
import type { ByteRange, ListedObject, ObjectInfo, ObjectStore, ReadOptions } from '../../src/storage/object-store.js';
import { expectSha256 } from '../../src/storage/verified-stream.js';
import { toStorageError } from '../../src/storage/storage-failure.js';

/** Objects in memory, under the same contract as the real stores; counts what was asked of it. */
export class FakeObjectStore implements ObjectStore {
  readonly calls = { put: 0, get: 0, read: 0, delete: 0 };
  private readonly objects = new Map<string, { info: ObjectInfo; content: Buffer }>();

  async put(key: string, body: Uint8Array | Readable, { maxBytes }: { maxBytes?: number } = {}): Promise<ObjectInfo> {
    checkKey(key);
    this.calls.put++;
    const content = new MeteredBody(body, maxBytes);
    const chunks: Uint8Array[] = [];
    try {
      for await (const chunk of content) chunks.push(chunk);
    } catch (error) {
      throw toStorageError(error, `put ${key}`);
    }
    if (this.objects.has(key)) {
      throw new ConflictError(`object: expected no object at ${key} yet, found one`, { code: 'object_exists' });
    }
    const info = { key, bytes: content.bytes, sha256: content.sha256, modifiedAtMs: Date.now() };
    this.objects.set(key, { info, content: Buffer.concat(chunks) });
    return info;
  }

  async get(key: string, range: ByteRange = { start: 0 }): Promise<Readable> {
    checkKey(key);
    this.calls.get++;
    const { content } = this.require(key);
    const { start, end } = clipRange(range, content.byteLength);
    return Readable.from(start === end ? [] : [Buffer.from(content.subarray(start, end))]);
  }

  async read(key: string, { maxBytes = Number.MAX_SAFE_INTEGER, sha256 }: ReadOptions = {}): Promise<Uint8Array> {
    checkKey(key);
    this.calls.read++;
    const { content, info } = this.require(key);
    if (content.byteLength > maxBytes) {
      throw new TooLargeError(`object ${key}: expected at most ${maxBytes} bytes, got ${content.byteLength}`);
    }
    expectSha256(key, info.sha256, [sha256]);
    const shared = new Uint8Array(new SharedArrayBuffer(content.byteLength));
    shared.set(content);
    return shared;
  }

  async find(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    return this.objects.get(key)?.info;
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    checkPrefix(prefix);
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
    for (const key of keys) {
      const { bytes, modifiedAtMs } = this.require(key).info;
      yield { key, bytes, modifiedAtMs };
    }
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    this.calls.delete++;
    this.objects.delete(key);
  }

  private require(key: string): { info: ObjectInfo; content: Buffer } {
    const object = this.objects.get(key);
    if (!object) throw noSuchObject(key);
    return object;
  }
}
