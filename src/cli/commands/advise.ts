import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { ValidationError } from '../../common/errors.js';
import { snakeCase } from '../../common/key-case.js';
import { advise, type Plan } from '../../training/advisor/advise.js';
import { factsOf } from '../../training/advisor/facts.js';
import { prepareDataset } from '../../training/datasets/prepare.js';
import { optionText, type Command, type OptionValues } from '../command.js';
import { dataCommand, readOptions } from './data.js';

export const adviseCommand: Command = {
  name: 'advise',
  usage: 'FILE [--budget-seconds N] [--method NAME] [--json] and the options of data but --out',
  summary: 'print how a training file would be trained on, and why; 1 when it cannot be',
  options: { ...dataCommand.options, 'budget-seconds': { type: 'string' }, method: { type: 'string' } },
  positionals: [1, 1],
  async run({ positionals: [file = ''], options }, { out }) {
    const format = /^\.(csv|tsv)$/i.test(extname(file)) ? 'csv' : 'jsonl';
    const directory = await mkdtemp(join(tmpdir(), 'tessera-advise-'));
    try {
      const prepareOptions = await readOptions(file, format, options);
      const card = await prepareDataset(createReadStream(file), format, { ...prepareOptions, directory });
      if (card.unusable.length > 0) {
        out(`cannot be trained on:\n${card.unusable.map((why) => `  ${why}\n`).join('')}`);
        return 1;
      }
      const plan = advise(factsOf(card, budgetOf(options)), { method: optionText(options, 'method') });
      const body = jobBody(plan, optionText(options, 'method'));
      out(
        options['json'] === true
          ? `${JSON.stringify({ ...body, reasons: plan.reasons }, null, 2)}\n`
          : text(body, plan),
      );
      return 0;
    } finally {
      await rm(directory, { recursive: true });
    }
  },
};

function budgetOf(options: OptionValues): number | undefined {
  const text = optionText(options, 'budget-seconds');
  if (text === undefined || Number(text) > 0) return text === undefined ? undefined : Number(text);
  throw new ValidationError(`--budget-seconds: expected a positive number, got ${text}`);
}

/**
 * The plan as the parts of a job's body that say it.
 *
 * @param asked  the method that was asked for, whose options are its own
 */
function jobBody({ method, labelWeights, earlyStopping, ...plan }: Plan, asked: string | undefined): object {
  const { name, ...own } = method;
  return {
    adapter: asked === undefined ? { method: name, ...snakeKeys(own) } : { method: asked },
    hyperparameters: {
      n_epochs: plan.epochs,
      batch_size: plan.batchSize,
      learning_rate: plan.learningRate,
      ...(labelWeights && { label_weights: labelWeights }),
      ...(earlyStopping && { early_stopping: snakeKeys(earlyStopping) }),
    },
  };
}

function snakeKeys(object: object): object {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [snakeCase(key), value as unknown]));
}

function text(body: object, { reasons }: Plan): string {
  const parts = Object.entries(body).map(([key, value]) => `  "${key}": ${JSON.stringify(value)}`);
  return `plan\n${parts.join(',\n')}\nbecause\n${reasons.map((reason) => `  ${reason}\n`).join('')}`;
}
