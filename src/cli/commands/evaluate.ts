import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '../../common/errors.js';
import { API_OPTIONS, ApiClient, TENANT_KEY_FILE } from '../api-client.js';
import { jsonObject, oneOf, optionText, wholeNumber, type Command } from '../command.js';
import { StatusLine } from '../status-line.js';
import { renderEvaluation, type EvaluationView } from './evaluation-text.js';

const STORED = /^(file|ftjob)-[0-9a-f]{32}$/;
const TASKS = ['sequence_classification', 'token_classification', 'masked_lm'] as const;
const SPLITS = ['test', 'validation'] as const;
const LOOK_MS = 300;

export const evaluateCommand: Command = {
  name: 'evaluate',
  usage:
    'MODEL DATA [--task TASK] [--split test|validation] [--file JSON] [--seed N] [--samples N] [--json] [--url URL] [--key KEY]',
  summary:
    'measure how well a model answers the rows of a file (a path, or the id of an uploaded one) or the held-out rows of a job',
  options: {
    ...API_OPTIONS,
    task: { type: 'string' },
    split: { type: 'string' },
    file: { type: 'string' },
    seed: { type: 'string', default: '0' },
    samples: { type: 'string', default: '1000' },
    json: { type: 'boolean' },
  },
  positionals: [2, 2],
  async run({ positionals: [model = '', data = ''], options }, surroundings) {
    const file = optionText(options, 'file');
    const request = {
      model,
      task: oneOf('task', TASKS, options),
      split: oneOf('split', SPLITS, options),
      seed: wholeNumber('seed', optionText(options, 'seed') ?? '0'),
      bootstrap_samples: wholeNumber('samples', optionText(options, 'samples') ?? '0'),
      ...(file !== undefined && { file: jsonObject('file', file) }),
    };
    const client = await ApiClient.open(options, surroundings, TENANT_KEY_FILE);
    const isStored = STORED.test(data);
    const dataset = isStored ? data : await client.upload(data, 'evals');
    try {
      const done = await measured(client, { ...request, dataset }, new StatusLine(surroundings));
      surroundings.out(options['json'] === true ? `${JSON.stringify(done, null, 2)}\n` : renderEvaluation(done));
      return 0;
    } finally {
      if (!isStored) await client.call('DELETE', `/v1/files/${dataset}`); // its own: nobody knows of it
    }
  },
};

/** @throws EvaluationFailure */
async function measured(client: ApiClient, request: object, status: StatusLine): Promise<EvaluationView> {
  let evaluation = (await client.call('POST', '/v1/evaluations', request)) as EvaluationView;
  while (evaluation.finished_at === null) {
    status.show(`${evaluation.id} ${evaluation.status}: ${evaluation.progress?.rows ?? 0} rows answered`);
    await sleep(LOOK_MS);
    evaluation = (await client.call('GET', `/v1/evaluations/${evaluation.id}`)) as EvaluationView;
  }
  status.clear();
  if (evaluation.status === 'succeeded') return evaluation;
  const { error } = evaluation;
  throw new EvaluationFailure(error?.message ?? `${evaluation.id} ${evaluation.status}`, { code: error?.code });
}

class EvaluationFailure extends AppError {
  readonly status = 400;
  constructor(message: string, { code = 'evaluation_failed' }: { code?: string | undefined }) {
    super(message, { code });
  }
}
