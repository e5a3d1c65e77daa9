import { snakeCase } from '../../common/key-case.js';
import { advise, type Plan } from '../../training/advisor/advise.js';
import { factsOf } from '../../training/advisor/facts.js';
import { optionText, positiveNumber, type Command } from '../command.js';
import { prepareFile, READ_OPTIONS } from './prepare-file.js';

export const adviseCommand: Command = {
  name: 'advise',
  usage: 'FILE [--budget-seconds N] [--method NAME] [--json] and the options of data but --out',
  summary: 'print how a training file would be trained on, and why; 1 when it cannot be',
  options: {
    ...READ_OPTIONS,
    'budget-seconds': { type: 'string' },
    method: { type: 'string' },
    json: { type: 'boolean' },
  },
  positionals: [1, 1],
  async run({ positionals: [file = ''], options }, { out }) {
    const budget = optionText(options, 'budget-seconds');
    const budgetSeconds = budget === undefined ? undefined : positiveNumber('budget-seconds', budget);
    const card = await prepareFile(file, options);
    if (card.unusable.length > 0) {
      out(`cannot be trained on:\n${card.unusable.map((why) => `  ${why}\n`).join('')}`);
      return 1;
    }
    const method = optionText(options, 'method');
    const plan = advise(factsOf(card, budgetSeconds), { method: method === undefined ? undefined : { name: method } });
    const body = jobBody(plan, method);
    const json = { ...body, reasons: plan.reasons };
    out(options['json'] === true ? `${JSON.stringify(json, null, 2)}\n` : text(body, plan));
    return 0;
  },
};

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
