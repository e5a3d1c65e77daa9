import type { IncomingHttpHeaders } from 'node:http';
import { mkdir, rm } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import { Client, type BucketItem } from 'minio';
import { sha256InSlices } from '../common/digest.js';
import { ConflictError, StorageError, TooLargeError } from '../common/errors.js';
import { checkKey, checkPrefix, clipRange, noSuchObject } from './object-key.js';
import type { ByteRange, ListedObject, ObjectInfo, ObjectStore, ReadOptions } from './object-store.js';
import { s3Code, withRetries } from './s3-retry.js';
import { spool, type SpooledBody } from './spool.js';
import { asStorageError, toStorageError } from './storage-failure.js';
import { expectSha256, forward, verifyStream } from './verified-stream.js';

export interface MinioOptions {
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  /** Local directory for bodies of unknown size on their way; emptied when the store is opened. */
  readonly spoolDir: string;
}

/** Request header and, prefixed by S3, the object's own metadata. */
const SHA256 = 'x-amz-meta-sha256';
/** S3's bound of one PUT. A multipart upload could not be create-only on every server. */
const MAX_PUT_BYTES = 5 * 2 ** 30;

/**
 * Objects in a bucket of an S3 server. Each is one PUT with `If-None-Match: *`, so it is create-only and appears whole;
 * its sha256 travels as signed metadata, as the ETag is no digest on every server.
 */
export class MinioObjectStore implements ObjectStore {
  private constructor(
    private readonly client: Client,
    private readonly options: MinioOptions,
  ) {}

  /** Makes the bucket when it is absent. */
  static async open(options: MinioOptions): Promise<MinioObjectStore> {
    await rm(options.spoolDir, { recursive: true, force: true });
    await mkdir(options.spoolDir, { recursive: true, mode: 0o700 });
    const { protocol, hostname, port } = new URL(options.endpoint);
    const client = new Client({
      endPoint: hostname,
      port: port === '' ? undefined : Number(port),
      useSSL: protocol === 'https:',
      accessKey: options.accessKey,
      secretKey: options.secretKey,
      region: options.region,
      retryOptions: { disableRetry: true }, // the client would send a consumed stream again; see withRetries
    });
    await asStorageError(
      `open bucket ${options.bucket}`,
      withRetries(() => ensureBucket(client, options)),
    );
    return new MinioObjectStore(client, options);
  }

  async put(key: string, body: Uint8Array | Readable, { maxBytes }: { maxBytes?: number } = {}): Promise<ObjectInfo> {
    checkKey(key);
    const limit = Math.min(maxBytes ?? MAX_PUT_BYTES, MAX_PUT_BYTES);
    const spooled = await asStorageError(`put ${key}`, spool(body, this.options.spoolDir, limit));
    try {
      await withRetries((attempt) => this.send(key, spooled, attempt));
    } catch (error) {
      throw toStorageError(error, `put ${key}`);
    } finally {
      await spooled.discard();
    }
    return { key, bytes: spooled.bytes, sha256: spooled.sha256, modifiedAtMs: Date.now() };
  }

  async get(key: string, range?: ByteRange): Promise<Readable> {
    checkKey(key);
    if (range) return this.getRange(key, range);
    const response = await this.request(key, () => this.client.getObject(this.options.bucket, key));
    return verifyStream(response, key, storedSha256(key, headersOf(response)[SHA256]));
  }

  async read(key: string, { maxBytes = Number.MAX_SAFE_INTEGER, sha256 }: ReadOptions = {}): Promise<Uint8Array> {
    checkKey(key);
    return this.request(key, async () => {
      const response = await this.client.getObject(this.options.bucket, key);
      const headers = headersOf(response);
      const bytes = Number(headers['content-length']);
      if (bytes > maxBytes) {
        response.destroy();
        throw new TooLargeError(`object ${key}: expected at most ${maxBytes} bytes, got ${bytes}`);
      }
      const content = await collect(response, bytes);
      expectSha256(key, await sha256InSlices(content), [storedSha256(key, headers[SHA256]), sha256]);
      return content;
    });
  }

  async find(key: string): Promise<ObjectInfo | undefined> {
    checkKey(key);
    try {
      const { size, lastModified, metaData } = await withRetries(() =>
        this.client.statObject(this.options.bucket, key),
      );
      const sha256 = storedSha256(key, (metaData as Record<string, string>)['sha256']);
      return { key, bytes: size, sha256, modifiedAtMs: lastModified.getTime() };
    } catch (error) {
      if (isAbsence(error)) return undefined;
      throw toStorageError(error, `find ${key}`);
    }
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    checkPrefix(prefix);
    const stream = this.client.listObjectsV2(this.options.bucket, prefix, true);
    try {
      for await (const { name, size, lastModified } of stream as AsyncIterable<BucketItem>) {
        if (name !== undefined) yield { key: name, bytes: size, modifiedAtMs: lastModified.getTime() };
      }
    } catch (error) {
      throw toStorageError(error, `list ${prefix}`);
    }
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    await asStorageError(
      `delete ${key}`,
      withRetries(() => this.client.removeObject(this.options.bucket, key)),
    );
  }

  private async getRange(key: string, range: ByteRange): Promise<Readable> {
    const info = await this.find(key);
    if (!info) throw noSuchObject(key);
    const { start, end } = clipRange(range, info.bytes);
    if (start === end) return Readable.from([]);
    const { bucket } = this.options;
    const part = await this.request(key, () => this.client.getPartialObject(bucket, key, start, end - start));
    return forward(part, new PassThrough(), key);
  }

  /** One PUT. A repeated one may find the object that an earlier attempt wrote before its answer was lost. */
  private async send(key: string, body: SpooledBody, attempt: number): Promise<void> {
    const { bucket, region } = this.options;
    const headers = { 'content-length': String(body.bytes), 'if-none-match': '*', [SHA256]: body.sha256 };
    const signedHash = this.client.enableSHA256 ? body.sha256 : ''; // over https the client signs no payload
    const request = { method: 'PUT', bucketName: bucket, objectName: key, headers };
    try {
      const response = await this.client.makeRequestStreamAsync(request, body.open(), signedHash, [200], region);
      response.resume();
    } catch (error) {
      if (s3Code(error) !== 'PreconditionFailed') throw error;
      if (attempt > 1 && (await this.find(key))?.sha256 === body.sha256) return;
      throw new ConflictError(`object: expected no object at ${key} yet, found one`, { code: 'object_exists' });
    }
  }

  private async request<T>(key: string, work: () => Promise<T>): Promise<T> {
    try {
      return await withRetries(work);
    } catch (error) {
      throw isAbsence(error) ? noSuchObject(key, error) : toStorageError(error, `get ${key}`);
    }
  }
}

async function ensureBucket(client: Client, { bucket, region }: MinioOptions): Promise<void> {
  if (await client.bucketExists(bucket)) return;
  await client.makeBucket(bucket, region).catch((error: unknown) => {
    if (s3Code(error) !== 'BucketAlreadyOwnedByYou') throw error; // another process was faster
  });
}

/** The client gives the HTTP response as it is, typed as a stream. */
function headersOf(response: Readable): IncomingHttpHeaders {
  return (response as Readable & { headers: IncomingHttpHeaders }).headers;
}

function storedSha256(key: string, value: string | string[] | undefined): string {
  if (typeof value === 'string' && /^[0-9a-f]{64}$/.test(value)) return value;
  throw new StorageError(`object ${key}: expected metadata sha256, got none; it was not written by this service`, {
    code: 'object_corrupted',
  });
}

async function collect(response: Readable, bytes: number): Promise<Uint8Array> {
  const content = new Uint8Array(new SharedArrayBuffer(bytes));
  let at = 0;
  for await (const chunk of response as AsyncIterable<Uint8Array>) {
    content.set(chunk, at);
    at += chunk.byteLength;
  }
  if (at !== bytes) throw new Error(`the answer ended after ${at} of ${bytes} bytes`);
  return content;
}

function isAbsence(error: unknown): boolean {
  return ['NoSuchKey', 'NotFound'].includes(s3Code(error));
}
