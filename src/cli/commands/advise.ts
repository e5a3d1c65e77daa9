import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { ValidationError } from '../../common/errors.js';
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
      out(
        options['json'] === true ? `${JSON.stringify(plan, null, 2)}\n` : planText(plan, optionText(options, 'method')),
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

/** @param asked  the method that was asked for, whose options are its own */
function planText({ reasons, method, ...plan }: Plan, asked: string | undefined): string {
  const settings = { method: asked === undefined ? method : { name: asked }, ...plan };
  const lines = Object.entries(settings).map(([key, value]) => `  ${key}: ${JSON.stringify(value)}\n`);
  return `plan\n${lines.join('')}because\n${reasons.map((reason) => `  ${reason}\n`).join('')}`;
}
