import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UnsupportedMediaTypeException } from '@nestjs/common';
import type { Multipart, MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { AppError, TooLargeError, ValidationError } from '../common/errors.js';
import { MeteredBody } from '../storage/metered-body.js';

export interface UploadedFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Files of one request on disk, gone after `discard`. */
export interface Upload {
  readonly directory: string;
  readonly fields: ReadonlyMap<string, string>;
  readonly files: readonly UploadedFile[];
  discard(): Promise<void>;
}

export interface UploadLimits {
  /** Where the directory of this upload is made; emptied at start-up. */
  readonly directory: string;
  /** Of all files together. */
  readonly maxBytes: number;
  /** The most bytes of a file of this name; throws for a name that is refused. */
  readonly fileLimitBytes: (name: string) => number;
  /** What the `at`-th file is called on disk. */
  readonly pathOf: (name: string, at: number) => string;
}

/**
 * Streams the parts of a multipart request into a new directory: names checked before a byte is read, each file and their
 * sum bounded while they come. A request that is refused or cut off leaves nothing.
 *
 * @throws ValidationError | TooLargeError
 */
export async function receiveUpload(request: FastifyRequest, limits: UploadLimits): Promise<Upload> {
  if (!request.isMultipart()) {
    throw new UnsupportedMediaTypeException('content-type: expected multipart/form-data');
  }
  const directory = await mkdtemp(join(limits.directory, 'upload-'));
  const discard = (): Promise<void> => rm(directory, { recursive: true, force: true });
  try {
    const fields = new Map<string, string>();
    const files: UploadedFile[] = [];
    // Names as they were sent: one with a path is refused, not cut.
    for await (const part of request.parts({ preservePath: true })) {
      if (part.type === 'file') files.push(await receiveFile(part, directory, limits, files));
      else fields.set(part.fieldname, fieldText(part, fields));
    }
    return { directory, fields, files, discard };
  } catch (error) {
    await discard();
    request.raw.resume(); // the rest is read and dropped, so that the client gets to read why
    throw asRefusal(error);
  }
}

function room({ maxBytes }: UploadLimits, files: readonly UploadedFile[]): number {
  return maxBytes - files.reduce((sum, { bytes }) => sum + bytes, 0);
}

async function receiveFile(
  part: MultipartFile,
  directory: string,
  limits: UploadLimits,
  before: readonly UploadedFile[],
): Promise<UploadedFile> {
  const name = part.filename;
  const limitBytes = Math.min(limits.fileLimitBytes(name), room(limits, before));
  const body = new MeteredBody(part.file, limitBytes);
  const path = join(directory, limits.pathOf(name, before.length));
  await pipeline(body, createWriteStream(path, { flags: 'wx', mode: 0o600 }));
  if (part.file.truncated) throw new TooLargeError(`file: expected fewer bytes, got more than ${body.bytes}`);
  return { name, bytes: body.bytes, sha256: body.sha256 };
}

function fieldText(part: Exclude<Multipart, MultipartFile>, fields: ReadonlyMap<string, string>): string {
  const { fieldname: param, value } = part;
  if (fields.has(param)) throw new ValidationError(`${param}: expected once, got it twice`, { param });
  if (part.valueTruncated || typeof value !== 'string') throw new TooLargeError(`${param}: too long`, { param });
  return value;
}

/** What the parser throws for a broken body is the caller's fault; a name that comes twice is too. */
function asRefusal(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const { code, message, statusCode } = error as { code?: string; message: string; statusCode?: number };
  if (code === 'EEXIST') return new ValidationError('files: expected each name once', { param: 'files', cause: error });
  if (statusCode === 413) return new TooLargeError(`multipart body: ${message}`, { cause: error });
  const isOurs = code !== undefined && /^(ENOSPC|EIO|EACCES|EROFS|EMFILE|EDQUOT)$/.test(code);
  return isOurs ? error : new ValidationError(`multipart body: ${message}`, { cause: error });
}
