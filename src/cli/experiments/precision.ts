import { directorySource } from '../../models/directory-source.js';
import { loadBaseModel } from '../../models/load.js';
import { optionText, requireOption } from '../command.js';
import { type AdapterTest, BASE, classifyTest, countRight, readAdapterTests } from './adapter-tests.js';
import type { Experiment } from './experiment.js';
import { TemporaryService } from './temporary-service.js';

/** Largest difference of the two precisions, as a share of the rows: half a point. */
const BOUND = 0.005;

/** Asks every adapter of a directory its whole test set, of a service in fp32 and of one in int8. */
export const precision: Experiment = {
  name: 'precision',
  title: 'Accuracy in int8 against fp32',
  options: { adapters: { type: 'string', default: '../shared/models/adapters' } },
  async run(options, note) {
    const tests = await readAdapterTests(optionText(options, 'adapters') ?? '', requireOption(options, 'data'));
    const fp32 = await labelsIn('fp32', tests, note);
    const int8 = await labelsIn('int8', tests, note);
    const rows = tests.map((test, index) => compare(test, fp32[index] ?? [], int8[index] ?? []));
    return {
      method:
        'As in the accuracy experiment, of two services that differ in `PRECISION` alone. Differ: rows with another label ' +
        `than in fp32. Bound: ${BOUND * 100} point.`,
      seeds: 'none, nothing is drawn',
      columns: ['adapter', 'rows', 'fp32', 'int8', 'difference in points', 'differ', 'within bound'],
      rows,
      isReached: rows.length > 0 && rows.every((row) => row.at(-1) === 'yes'),
    };
  },
};

/** The labels of each test. */
async function labelsIn(
  name: 'fp32' | 'int8',
  tests: readonly AdapterTest[],
  note: (line: string) => void,
): Promise<string[][]> {
  const { tokenizer } = await loadBaseModel(directorySource(BASE));
  const service = await TemporaryService.start({ BASE_MODEL: BASE, PRECISION: name, ENGINE: 'onnx-cpu' });
  try {
    const client = await service.newTenant('experiment');
    const labels: string[][] = [];
    for (const test of tests) {
      const found = await classifyTest(client, tokenizer, test);
      note(`${name}  ${test.card.name}  ${countRight(test, found)} of ${found.length} right`);
      labels.push(found);
    }
    return labels;
  } finally {
    await service.remove();
  }
}

/** One row of the table. */
function compare(test: AdapterTest, fp32: readonly string[], int8: readonly string[]): string[] {
  const { length } = test.examples;
  const [before, after] = [countRight(test, fp32) / length, countRight(test, int8) / length];
  const differ = fp32.filter((label, index) => label !== int8[index]).length;
  const isWithin = Math.abs(after - before) <= BOUND;
  const figures = [before, after].map((share) => share.toFixed(4));
  const points = (100 * (after - before)).toFixed(3);
  return [test.card.name, `${length}`, ...figures, points, `${differ}`, isWithin ? 'yes' : '**no**'];
}
