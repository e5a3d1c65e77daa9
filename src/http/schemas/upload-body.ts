import type { ApiBodyOptions } from '@nestjs/swagger';

/** The multipart body of an import, as the document shows it. */
export const UPLOAD_BODY: NonNullable<Extract<ApiBodyOptions, { schema: unknown }>['schema']> = {
  type: 'object',
  required: ['name', 'files'],
  properties: {
    name: { type: 'string', description: 'Of the adapter; made when it is new' },
    alias: { type: 'string', description: 'Moved to the new version; default production, empty: none' },
    task: { type: 'string', enum: ['sequence_classification', 'token_classification', 'masked_lm', 'embedding'] },
    problem: { type: 'string', enum: ['single', 'multi', 'regression'] },
    labels: { type: 'string', description: 'JSON list, a name for each output; wins over card.json' },
    files: {
      type: 'array',
      description: 'adapter_config.json, adapter_model.safetensors; head files and card.json where there are any',
      items: { type: 'string', format: 'binary' },
    },
  },
};

/** The multipart body of a file of training data. */
export const FILE_BODY: typeof UPLOAD_BODY = {
  type: 'object',
  required: ['purpose', 'file'],
  properties: {
    purpose: { type: 'string', enum: ['fine-tune', 'evals'] },
    file: { type: 'string', format: 'binary', description: 'JSONL, one example a line, or CSV with a header' },
  },
};
