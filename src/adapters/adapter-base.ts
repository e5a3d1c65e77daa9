import type { BaseModel } from '../models/base-model.js';
import type { PromptTokenizer } from './verbaliser/template.js';

/** What an adapter is resolved on: the frozen base. Its tokenizer is read by verbalisers only. */
export type AdapterBase = Pick<BaseModel, 'config' | 'sites' | 'weights' | 'heads' | 'pooler' | 'labels'> & {
  readonly tokenizer?: PromptTokenizer;
};

/** What an adapter answers; decides which head its saved classifier is. */
export type AdapterTask = 'sequence_classification' | 'token_classification' | 'masked_lm' | 'embedding';

export const ADAPTER_TASKS: readonly AdapterTask[] = [
  'sequence_classification',
  'token_classification',
  'masked_lm',
  'embedding',
];
