/** What the error answer must be. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  /** Absent: not compared. */
  readonly param?: string | null;
  /** A part of the message. */
  readonly message: string | RegExp;
}

/** A request that must be refused. */
export interface BadCase {
  readonly what: string;
  /** Whose key; default that of a tenant's admin. A text with a space is the whole Authorization header. */
  readonly as?: 'tenant' | 'reader' | 'admin' | 'nobody' | `${string} ${string}`;
  /** Method and path; `:digest` and `:tenant` stand for those of the tenant and of the version of its adapter `bank`. */
  readonly call: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Texts, bytes and forms are sent as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly refusal: Refusal;
}

/** The common shape: 400 `invalid_value` for a named parameter. */
export function invalid(param: string | null, message: string | RegExp): Refusal {
  return { status: 400, code: 'invalid_value', param, message };
}

/** What Fastify refuses before a handler runs. */
export function unread(status: number, message: string | RegExp): Refusal {
  const codes: Readonly<Record<number, string>> = {
    404: 'unknown_url',
    413: 'too_large',
    415: 'unsupported_media_type',
  };
  return { status, code: codes[status] ?? 'invalid_request', param: null, message };
}

export const MODEL_NOT_FOUND: Refusal = {
  status: 404,
  code: 'model_not_found',
  param: 'model',
  message: 'model: expected base',
};
