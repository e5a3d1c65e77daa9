import { HttpException } from '@nestjs/common';
import { AppError } from '../common/errors.js';

/** An error as OpenAI's clients read it. */
export interface ErrorAnswer {
  readonly status: number;
  readonly body: {
    readonly error: {
      readonly message: string;
      readonly type: string;
      readonly param: string | null;
      readonly code: string | null;
    };
  };
  readonly retryAfterSeconds?: number | undefined;
  /** A fault of ours, to be logged; its message is not shown. */
  readonly isFault: boolean;
}

/** An error from another thread is a plain object with these fields, and counts like the class it was. */
type Coded = Pick<AppError, 'code' | 'status' | 'message'> & Partial<AppError>;

/** Maps whatever was thrown to a status and a body; a bug becomes a 500 that says nothing of the inside. */
export function errorAnswer(error: unknown): ErrorAnswer {
  if (isCoded(error)) return codedAnswer(error);
  if (error instanceof HttpException) return frameworkAnswer(error.getStatus(), error.message);
  if (isFastifyError(error)) return frameworkAnswer(error.statusCode, error.message);
  return answer(500, 'The service failed to answer; the request id names the log line.', 'internal_error');
}

/** What Fastify and Nest refuse before a handler runs. They do not say which media type a route reads. */
function frameworkAnswer(status: number, message: string): ErrorAnswer {
  const isUnsaid = status === 415 && !message.startsWith('content-type: ');
  return answer(status, isUnsaid ? 'content-type: expected application/json' : message, frameworkCode(status));
}

function codedAnswer({ status, message, code, param, retryAfterSeconds }: Coded): ErrorAnswer {
  const shown = status === 500 ? 'The service failed to answer; the request id names the log line.' : message;
  return { ...answer(status, shown, code, param), retryAfterSeconds };
}

function answer(status: number, message: string, code: string | null, param: string | null = null): ErrorAnswer {
  return {
    status,
    body: { error: { message, type: typeOf(status), param, code } },
    isFault: status >= 500 && status !== 503,
  };
}

function typeOf(status: number): string {
  if (status >= 500) return 'server_error';
  return (
    { 401: 'authentication_error', 403: 'permission_error', 429: 'rate_limit_error' }[status] ?? 'invalid_request_error'
  );
}

function frameworkCode(status: number): string | null {
  const codes: Record<number, string> = {
    400: 'invalid_request',
    404: 'unknown_url',
    405: 'method_not_allowed',
    408: 'request_timeout',
    413: 'too_large',
    415: 'unsupported_media_type',
    431: 'headers_too_large',
  };
  return codes[status] ?? null;
}

function isCoded(error: unknown): error is Coded {
  if (error instanceof AppError) return true;
  const { code, status, message } = (error ?? {}) as Partial<Coded>;
  return typeof code === 'string' && typeof status === 'number' && typeof message === 'string';
}

function isFastifyError(error: unknown): error is { statusCode: number; message: string } {
  const { statusCode } = (error ?? {}) as { statusCode?: unknown };
  return error instanceof Error && typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500;
}
