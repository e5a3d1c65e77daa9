/** Base of every error thrown on purpose; anything else is a bug and becomes a 500. */
export abstract class AppError extends Error {
  /** Stable machine name, e.g. `adapter_not_found`. Clients and dashboards match on it, never on the message. */
  readonly code: string;
  /** HTTP status. Only the error filter reads it. */
  abstract readonly status: number;
  /** True when the same call may succeed later unchanged. A job that fails with `false` is not retried. */
  readonly retryable: boolean = false;
  /** The request field at fault, e.g. `model`. */
  readonly param: string | undefined;
  /** Seconds after which a retry makes sense; becomes `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(message: string, details: ErrorDetails & { code: string }) {
    super(message, { cause: details.cause });
    this.name = new.target.name;
    this.code = details.code;
    this.param = details.param;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

export interface ErrorDetails {
  code?: string;
  param?: string;
  retryAfterSeconds?: number;
  cause?: unknown;
}

/** A request that breaks a rule; the message says the rule and the value. */
export class ValidationError extends AppError {
  readonly status = 400;
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'invalid_value', ...details });
  }
}

export class UnauthenticatedError extends AppError {
  readonly status = 401;
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'invalid_api_key', ...details });
  }
}

export class ForbiddenError extends AppError {
  readonly status = 403;
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'insufficient_permissions', ...details });
  }
}

export class NotFoundError extends AppError {
  readonly status = 404;
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'not_found', ...details });
  }
}

export class ConflictError extends AppError {
  readonly status = 409;
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'conflict', ...details });
  }
}

/** A body or file over its size bound. */
export class TooLargeError extends AppError {
  readonly status = 413;
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'too_large', ...details });
  }
}

/** An adapter, model or tokenizer that this base cannot serve exactly; the message names the key or tensor. */
export class IncompatibleAdapterError extends AppError {
  readonly status = 422;
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'incompatible_adapter', ...details });
  }
}

export class QuotaExceededError extends AppError {
  readonly status = 429;
  override readonly retryable = true;
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'rate_limit_exceeded', ...details });
  }
}

export class OverloadedError extends AppError {
  readonly status = 503;
  override readonly retryable = true;
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'overloaded', ...details });
  }
}

export class StorageError extends AppError {
  readonly status = 502;
  override readonly retryable = true;
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'storage_unavailable', ...details });
  }
}

/** The caller has gone; nobody reads an answer. */
export class CancelledError extends AppError {
  readonly status = 499;
  constructor(message = 'cancelled: the caller has gone', details: ErrorDetails = {}) {
    super(message, { code: 'cancelled', ...details });
  }
}

/** A base model directory that cannot be served: unknown architecture, missing or misshapen tensor, tokenizer mismatch. */
export class ModelError extends AppError {
  readonly status = 500;
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'invalid_model', ...details });
  }
}

/** A training run whose loss is not finite. */
export class DivergedError extends AppError {
  readonly status = 500;
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'diverged', ...details });
  }
}

/** Tensors that do not fit together: always a bug of ours, found when the graph is built. */
export class ShapeError extends AppError {
  readonly status = 500;
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { code: 'shape_mismatch', ...details });
  }
}
