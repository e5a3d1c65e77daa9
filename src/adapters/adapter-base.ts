import type { BaseModel } from '../models/base-model.js';

/** What an adapter is resolved on: the frozen base without its tokenizer. */
export type AdapterBase = Pick<BaseModel, 'config' | 'sites' | 'weights' | 'heads' | 'pooler' | 'labels'>;

/** What an adapter answers; decides which head its saved classifier is. */
export type AdapterTask = 'sequence_classification' | 'token_classification' | 'masked_lm' | 'embedding';

export const ADAPTER_TASKS: readonly AdapterTask[] = [
  'sequence_classification',
  'token_classification',
  'masked_lm',
  'embedding',
];
