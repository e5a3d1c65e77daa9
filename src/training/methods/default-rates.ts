import type { MethodOptions } from './options.js';

/**
 * Learning rate of each method where none is given, for AdamW with linear decay after 6 % of warm-up and batches of 16.
 * `npm run experiments -- rates` tries the neighbours of each again.
 */
export const DEFAULT_RATES: Readonly<Record<MethodOptions['name'], number>> = {
  lora: 2e-3,
  dora: 2e-3,
  hybrid: 5e-4,
  bottleneck: 2e-3,
  ia3: 3e-2,
  bitfit: 9e-3,
  prefix: 1.5e-2,
  prompt: 3e-2,
  p_tuning: 2e-3,
  full: 3e-4,
  partial: 5e-4,
  progressive: 3e-4,
  mod_squad: 2e-3,
};

/** A method and its options as they were asked for, not checked yet. */
export interface AskedMethod {
  readonly name: string;
  readonly projection?: unknown;
  readonly rateRatio?: unknown;
}

/** The perceptron in front of the tokens multiplies what a step changes. */
const PROJECTED_PREFIX_RATE = 1e-3;

/** The default rate of a method with its options; LoRA's where there is no such method. */
export function defaultRate(method: AskedMethod): number {
  if (method.name === 'prefix' && method.projection === true) return PROJECTED_PREFIX_RATE;
  const rate = isMethod(method.name) ? DEFAULT_RATES[method.name] : DEFAULT_RATES.lora;
  const { rateRatio } = method; // of B over A: the rate given is A's, and their middle stays where it is
  return typeof rateRatio === 'number' && rateRatio > 0 ? Number((rate / Math.sqrt(rateRatio)).toPrecision(2)) : rate;
}

function isMethod(name: string): name is MethodOptions['name'] {
  return Object.hasOwn(DEFAULT_RATES, name);
}
