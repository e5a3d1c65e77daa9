import { ADAPTER_TASKS } from '../../adapters/adapter-base.js';
import { API_OPTIONS, ApiClient, TENANT_KEY_FILE } from '../api-client.js';
import {
  jsonObject,
  oneOf,
  optionText,
  positiveNumber,
  wholeNumber,
  type Command,
  type OptionValues,
} from '../command.js';
import { followJob, type JobView } from '../follow-job.js';
import { endOfJob } from './jobs.js';

const PROBLEMS = ['single', 'multi', 'regression'] as const;
const FILE_ID = /^file-[0-9a-f]{32}$/;

export const trainCommand: Command = {
  name: 'train',
  usage:
    '[FILE] [--name NAME] [--model MODEL] [--task TASK] [--problem single|multi|regression] [--labels A,B] ' +
    '[--adapter METHOD|JSON] [--objective NAME|JSON] [--epochs N] [--batch-size N] [--learning-rate X] [--max-steps N] ' +
    '[--hyperparameters JSON] [--dataset JSON] [--validation FILE] [--seed N] [--detach] [--url URL] [--key KEY]',
  summary:
    'train an adapter on a file of examples (a path, or the id of an uploaded file) on a running service; shows its progress ' +
    'and prints the model that it made; without a file it merges adapters, or trains tasks that name their files, see --objective',
  options: {
    ...API_OPTIONS,
    name: { type: 'string' },
    model: { type: 'string', default: 'base' },
    task: { type: 'string' },
    problem: { type: 'string' },
    labels: { type: 'string' },
    adapter: { type: 'string' },
    objective: { type: 'string' },
    epochs: { type: 'string' },
    'batch-size': { type: 'string' },
    'learning-rate': { type: 'string' },
    'max-steps': { type: 'string' },
    hyperparameters: { type: 'string' },
    dataset: { type: 'string' },
    validation: { type: 'string' },
    seed: { type: 'string' },
    detach: { type: 'boolean' },
  },
  positionals: [0, 1],
  async run({ positionals: [file], options }, surroundings) {
    const request = requestOf(options);
    const client = await ApiClient.open(options, surroundings, TENANT_KEY_FILE);
    const fileId = async (path: string): Promise<string> =>
      FILE_ID.test(path) ? path : client.upload(path, 'fine-tune');
    const validation = optionText(options, 'validation');
    const body = {
      ...request,
      ...(request.objective && { objective: await withFiles(request.objective, fileId) }),
      ...(file !== undefined && { training_file: await fileId(file) }),
      ...(validation !== undefined && { validation_file: await fileId(validation) }),
    };
    const { id } = (await client.call('POST', '/v1/fine_tuning/jobs', body)) as JobView;
    if (options['detach'] === true) {
      surroundings.out(`${id}\n`);
      return 0;
    }
    surroundings.error(`${id}: goes on when this command is stopped; tessera jobs watch ${id} shows it again\n`);
    return endOfJob(await followJob(client, id, surroundings), surroundings);
  },
};

/** Files of tasks are uploaded where paths stand in the place of ids. */
async function withFiles(objective: object, fileId: (path: string) => Promise<string>): Promise<object> {
  const { tasks } = objective as { tasks?: unknown };
  if (!Array.isArray(tasks)) return objective;
  const own: object[] = [];
  for (const task of tasks as Record<string, unknown>[]) {
    const ids: Record<string, string> = {};
    for (const key of ['training_file', 'validation_file']) {
      const path = task[key];
      if (typeof path === 'string') ids[key] = await fileId(path);
    }
    own.push({ ...task, ...ids });
  }
  return { ...objective, tasks: own };
}

function requestOf(options: OptionValues): Record<string, unknown> & { readonly objective: object | undefined } {
  const text = (name: string): string | undefined => optionText(options, name);
  const numbers = {
    n_epochs: read('epochs', positiveNumber),
    batch_size: read('batch-size', wholeNumber),
    learning_rate: read('learning-rate', positiveNumber),
    max_steps: read('max-steps', wholeNumber),
  };
  return {
    model: text('model'),
    suffix: text('name'),
    task: oneOf('task', ADAPTER_TASKS, options),
    problem: oneOf('problem', PROBLEMS, options),
    labels: text('labels')?.split(','),
    adapter: named('adapter', 'method'),
    objective: named('objective', 'name'),
    hyperparameters: { ...read('hyperparameters', jsonObject), ...numbers },
    dataset: read('dataset', jsonObject),
    seed: read('seed', wholeNumber),
  };

  function read<T>(name: string, parse: (name: string, value: string) => T): T | undefined {
    const value = text(name);
    return value === undefined ? undefined : parse(name, value);
  }

  /** A name alone, or an object with it and its options. */
  function named(option: string, key: string): object | undefined {
    const value = text(option);
    if (value === undefined) return undefined;
    return value.trimStart().startsWith('{') ? jsonObject(option, value) : { [key]: value };
  }
}
