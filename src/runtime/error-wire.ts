import {
  AppError,
  CancelledError,
  ConflictError,
  DivergedError,
  type ErrorDetails,
  ForbiddenError,
  IncompatibleAdapterError,
  ModelError,
  NotFoundError,
  OverloadedError,
  QuotaExceededError,
  ShapeError,
  StorageError,
  TooLargeError,
  UnauthenticatedError,
  ValidationError,
} from '../common/errors.js';

/** An error as it crosses a thread or process border. */
export interface WireError {
  /** The class's name; several codes may share a class. */
  readonly kind: string;
  readonly message: string;
  /** Absent when the error was no `AppError`, and so a bug. */
  readonly code?: string;
  readonly details?: Pick<ErrorDetails, 'param' | 'retryAfterSeconds'>;
  readonly stack?: string;
}

const CLASSES: Record<string, new (message: string, details: ErrorDetails) => AppError> = {
  ValidationError,
  UnauthenticatedError,
  ForbiddenError,
  NotFoundError,
  ConflictError,
  TooLargeError,
  IncompatibleAdapterError,
  QuotaExceededError,
  OverloadedError,
  StorageError,
  CancelledError,
  ModelError,
  DivergedError,
  ShapeError,
};

export function toWireError(error: unknown): WireError {
  if (!(error instanceof Error)) return { kind: 'Error', message: String(error) };
  const common = { kind: error.name, message: error.message, ...(error.stack && { stack: error.stack }) };
  if (!(error instanceof AppError)) return common;
  const { code, param, retryAfterSeconds } = error;
  return {
    ...common,
    code,
    details: { ...(param !== undefined && { param }), ...(retryAfterSeconds !== undefined && { retryAfterSeconds }) },
  };
}

/** The same class and code again, with the stack of the other side; an unknown class becomes a plain `Error`, a bug. */
export function fromWireError({ kind, message, code, details, stack }: WireError): Error {
  const known = code === undefined ? undefined : CLASSES[kind];
  const error = known ? new known(message, { ...details, ...(code !== undefined && { code }) }) : new Error(message);
  if (!known) error.name = kind;
  if (stack !== undefined) error.stack = stack;
  return error;
}
