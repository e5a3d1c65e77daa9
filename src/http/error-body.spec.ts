import { NotFoundException, UnsupportedMediaTypeException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  ForbiddenError,
  NotFoundError,
  OverloadedError,
  QuotaExceededError,
  ShapeError,
  UnauthenticatedError,
  ValidationError,
} from '../common/errors.js';
import { errorAnswer } from './error-body.js';

describe('errorAnswer', () => {
  it.each([
    [new ValidationError('bad', { param: 'model' }), 400, 'invalid_request_error', 'invalid_value', 'model'],
    [new UnauthenticatedError('who'), 401, 'authentication_error', 'invalid_api_key', null],
    [new ForbiddenError('no'), 403, 'permission_error', 'insufficient_permissions', null],
    [new NotFoundError('gone', { code: 'model_not_found' }), 404, 'invalid_request_error', 'model_not_found', null],
    [new QuotaExceededError('slow'), 429, 'rate_limit_error', 'rate_limit_exceeded', null],
    [new OverloadedError('full'), 503, 'server_error', 'overloaded', null],
    [new NotFoundException('Cannot GET /x'), 404, 'invalid_request_error', 'unknown_url', null],
    [Object.assign(new Error('too big'), { statusCode: 413 }), 413, 'invalid_request_error', 'too_large', null],
  ])('%s', (error, status, type, code, param) => {
    expect(errorAnswer(error)).toMatchObject({
      status,
      body: { error: { message: error.message, type, code, param } },
      isFault: false,
    });
  });

  it('says which media type is read', () => {
    const { status, body } = errorAnswer(Object.assign(new Error('Unsupported Media Type'), { statusCode: 415 }));
    expect([status, body.error.code]).toEqual([415, 'unsupported_media_type']);
    expect(body.error.message).toBe('content-type: expected application/json');
    const upload = errorAnswer(new UnsupportedMediaTypeException('content-type: expected multipart/form-data'));
    expect(upload.body.error.message).toBe('content-type: expected multipart/form-data');
  });

  it('shows nothing of a bug, and marks it for the log', () => {
    for (const error of [new Error('secret path'), new ShapeError('matmul: secret'), 'thrown text', undefined]) {
      const { status, body, isFault } = errorAnswer(error);
      expect([status, isFault, body.error.message.includes('secret')]).toEqual([500, true, false]);
    }
  });

  it('carries the seconds to wait, and reads an error that crossed a thread', () => {
    expect(errorAnswer(new QuotaExceededError('slow', { retryAfterSeconds: 7 })).retryAfterSeconds).toBe(7);
    expect(errorAnswer({ code: 'overloaded', status: 503, message: 'full' }).status).toBe(503);
  });
});
