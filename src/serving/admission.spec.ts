import { beforeEach, describe, expect, it } from 'vitest';
import { QuotaExceededError } from '../common/errors.js';
import { Metrics } from '../metrics/metrics.js';
import { Admission } from './admission.js';

let nowMs = 0;
let admission: Admission;
beforeEach(() => {
  nowMs = 1e6;
  admission = new Admission(new Metrics(), () => nowMs);
});

function refusal(enter: () => unknown): QuotaExceededError {
  try {
    enter();
  } catch (error) {
    if (error instanceof QuotaExceededError) return error;
  }
  throw new Error('expected a QuotaExceededError');
}

describe('Admission', () => {
  it('lets a burst of ten seconds pass, then says how long to wait', () => {
    const limits = { requestsPerSecond: 0.5 };
    for (let i = 0; i < 5; i++) admission.enter('a', limits).leave();
    const error = refusal(() => admission.enter('a', limits));
    expect([error.status, error.retryAfterSeconds]).toEqual([429, 2]);
    nowMs += 2000;
    admission.enter('a', limits).leave();
  });

  it('charges tokens after the fact and makes a tenant in debt wait until it is paid', () => {
    const limits = { tokensPerSecond: 10 };
    admission.enter('a', limits).chargeTokens(150);
    expect(refusal(() => admission.enter('a', limits)).retryAfterSeconds).toBe(6);
    nowMs += 6000;
    admission.enter('a', limits);
  });

  it('counts requests at one time until they leave, and a second leave counts once', () => {
    const limits = { concurrentRequests: 2 };
    const first = admission.enter('a', limits);
    admission.enter('a', limits);
    expect(refusal(() => admission.enter('a', limits)).message).toContain('at most 2 requests at one time');
    first.leave();
    first.leave();
    admission.enter('a', limits);
    refusal(() => admission.enter('a', limits));
  });

  it('keeps the tenants apart and limits nothing without a limit', () => {
    for (let i = 0; i < 10; i++) admission.enter('a', { requestsPerSecond: 1 });
    refusal(() => admission.enter('a', { requestsPerSecond: 1 }));
    admission.enter('b', { requestsPerSecond: 1 });
    for (let i = 0; i < 1000; i++) admission.enter('c', {});
    expect(admission.state('c')).toEqual({});
  });

  it('follows a limit that an administrator changes', () => {
    for (let i = 0; i < 10; i++) admission.enter('a', { requestsPerSecond: 1 });
    admission.enter('a', { requestsPerSecond: 2 });
    expect(admission.state('a').requests).toEqual({ limit: 20, remaining: 19, resetSeconds: 0.5 });
  });
});
