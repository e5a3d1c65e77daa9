import type { JsonObject } from '../common/json.js';
import type { JobRequest } from './job-request.js';

/** What a request leaves to us. */
export interface AutoChoice {
  readonly method: JsonObject & { readonly name: string };
  readonly learningRate: number;
  readonly epochs: number;
  readonly batchSize: number;
}

/** Low rank on every linear layer: of the methods that leave the base as it is, the one that learns most at its size. */
const LORA = {
  name: 'lora',
  rank: 8,
  alpha: 16,
  targets: ['query', 'key', 'value', 'attention_output', 'ffn_up', 'ffn_down'],
};

/** Small, badly scaled or multiplying parameters need larger steps; all weights of the base at once, smaller ones. */
const RATES: Readonly<Record<string, number>> = {
  lora: 5e-4,
  dora: 5e-4,
  hybrid: 2e-4,
  bottleneck: 5e-4,
  ia3: 5e-3,
  bitfit: 2e-3,
  prefix: 5e-3,
  prompt: 3e-2,
  p_tuning: 5e-3,
  full: 5e-5,
  partial: 1e-4,
  progressive: 5e-5,
};
const OTHER_RATE = 5e-4;

/** Steps that a small data set is repeated for, and the bounds of the repetition. */
const STEPS = 400;
const EPOCHS = { min: 3, max: 20 };
const BATCH = 16;

/** Values for what is `auto` or absent, from the method and the number of training rows. */
export function autoChoice(request: Pick<JobRequest, 'adapter' | 'hyperparameters'>, rows: number): AutoChoice {
  const { batch_size: asked } = request.hyperparameters;
  const batchSize = typeof asked === 'number' && asked >= 1 ? asked : BATCH;
  const epochs = Math.ceil((STEPS * batchSize) / Math.max(1, rows));
  const name = request.adapter.method === 'auto' ? LORA.name : request.adapter.method;
  return {
    method: LORA,
    learningRate: RATES[name] ?? OTHER_RATE,
    epochs: Math.min(EPOCHS.max, Math.max(EPOCHS.min, epochs)),
    batchSize,
  };
}
