import { z } from 'zod';
import { constant, constantOptions } from './constant.js';
import { cosine, cosineOptions } from './cosine.js';
import { cosineRestarts, cosineRestartsOptions } from './cosine-restarts.js';
import { exponential, exponentialOptions } from './exponential.js';
import { inverseSqrt, inverseSqrtOptions } from './inverse-sqrt.js';
import { linear, linearOptions } from './linear.js';
import { polynomial, polynomialOptions } from './polynomial.js';
import type { Schedule } from './schedule.js';
import { slantedTriangular, slantedTriangularOptions } from './slanted-triangular.js';
import { stepDecay, stepDecayOptions } from './step-decay.js';

/** Every schedule with its options. All but the slanted triangle may begin with a linear warm-up. */
export const scheduleOptions = z.discriminatedUnion('name', [
  constantOptions,
  linearOptions,
  cosineOptions,
  cosineRestartsOptions,
  polynomialOptions,
  inverseSqrtOptions,
  stepDecayOptions,
  exponentialOptions,
  slantedTriangularOptions,
]);

export type ScheduleOptions = z.infer<typeof scheduleOptions>;

/** @param totalSteps  optimiser steps of the whole run, warm-up included */
export function makeSchedule(options: ScheduleOptions, totalSteps: number): Schedule {
  switch (options.name) {
    case 'constant':
      return constant(options, totalSteps);
    case 'linear':
      return linear(options, totalSteps);
    case 'cosine':
      return cosine(options, totalSteps);
    case 'cosine_restarts':
      return cosineRestarts(options, totalSteps);
    case 'polynomial':
      return polynomial(options, totalSteps);
    case 'inverse_sqrt':
      return inverseSqrt(options, totalSteps);
    case 'step':
      return stepDecay(options, totalSteps);
    case 'exponential':
      return exponential(options, totalSteps);
    case 'slanted_triangular':
      return slantedTriangular(options, totalSteps);
  }
}
