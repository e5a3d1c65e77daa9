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
};
