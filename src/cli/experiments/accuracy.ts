import { directorySource } from '../../models/directory-source.js';
import { loadBaseModel } from '../../models/load.js';
import { optionText, requireOption } from '../command.js';
import { type AdapterTest, BASE, classifyTest, countRight, INPUTS, readAdapterTests } from './adapter-tests.js';
import type { Experiment } from './experiment.js';
import { TemporaryService } from './temporary-service.js';

/** Largest difference from the card, as a share of the rows: 0.2 point. */
const BOUND = 0.002;

/** Imports every adapter of a directory into a service, asks it the adapter's whole test set, and compares with its card. */
export const accuracy: Experiment = {
  name: 'accuracy',
  title: 'Accuracy of the adapters through HTTP',
  options: { adapters: { type: 'string', default: '../shared/models/adapters' } },
  async run(options, note) {
    const tests = await readAdapterTests(optionText(options, 'adapters') ?? '', requireOption(options, 'data'));
    const { tokenizer } = await loadBaseModel(directorySource(BASE));
    const service = await TemporaryService.start({ BASE_MODEL: BASE, PRECISION: 'fp32' });
    try {
      const client = await service.newTenant('experiment');
      const rows: string[][] = [];
      for (const test of tests) {
        rows.push(compare(test, await classifyTest(client, tokenizer, test)));
        note((rows.at(-1) ?? []).join('  '));
      }
      return {
        method:
          `Each adapter of the directory is imported as it is and classifies the whole test set of its card through ` +
          `\`POST /v1/classify\`, ${INPUTS} texts a request, each cut to the card's max_length in tokens. The card holds ` +
          `what the same adapter reaches in PyTorch with PEFT. Bound: ${BOUND * 100} point.`,
        seeds: 'none, nothing is drawn',
        columns: ['adapter', 'rows', 'right', 'accuracy', 'card', 'difference in points', 'within bound'],
        rows,
        isReached: rows.length > 0 && rows.every((row) => row.at(-1) === 'yes'),
      };
    } finally {
      await service.remove();
    }
  },
};

/** One row of the table. */
function compare(test: AdapterTest, labels: readonly string[]): string[] {
  const { card, examples } = test;
  const right = countRight(test, labels);
  const found = right / examples.length;
  const isWithin = Math.abs(found - card.test_accuracy) <= BOUND;
  const points = (100 * (found - card.test_accuracy)).toFixed(3);
  const figures = [found, card.test_accuracy].map((share) => share.toFixed(4));
  return [card.name, `${examples.length}`, `${right}`, ...figures, points, isWithin ? 'yes' : '**no**'];
}
