import { optionText, type Command } from '../command.js';
import { renderCard } from './data-card-text.js';
import { prepareFile, READ_OPTIONS } from './prepare-file.js';

export const dataCommand: Command = {
  name: 'data',
  usage:
    'FILE [--task TASK] [--problem single|multi|regression] [--columns text=NAME,label=NAME,…] [--labels A,B] ' +
    '[--header A,B] [--delimiter tab|comma|semicolon] [--base DIR] [--max-tokens N] [--seed N] [--out DIR] [--json]',
  summary: 'validate, clean and split a JSONL or CSV file and print its data card; 1 when it cannot be trained on',
  options: {
    ...READ_OPTIONS,
    out: { type: 'string' },
    json: { type: 'boolean' },
  },
  positionals: [1, 1],
  async run({ positionals: [file = ''], options }, { out }) {
    const card = await prepareFile(file, options, optionText(options, 'out'));
    out(options['json'] === true ? `${JSON.stringify(card, null, 2)}\n` : renderCard(card));
    return card.unusable.length === 0 ? 0 : 1;
  },
};
