import type { TrainingSpecInput } from '../../../training/hyperparameters.js';

const TARGETS: ('query' | 'key' | 'value' | 'attention_output' | 'ffn_up' | 'ffn_down')[] = [
  'query',
  'key',
  'value',
  'attention_output',
  'ffn_up',
  'ffn_down',
];

/** What all that is trained here shares. */
export const SHARED = {
  maxTokens: 64,
  batchSize: 16,
  clipNorm: 1,
  threads: 1,
  checkpointEvery: 1_000_000,
} as const;
export const RATE = 5e-4;
export const LORA = { name: 'lora', rank: 8, alpha: 16, targets: TARGETS } satisfies TrainingSpecInput['method'];
