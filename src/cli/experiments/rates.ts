import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultRate } from '../../training/methods/default-rates.js';
import { optionText, requireOption } from '../command.js';
import type { Experiment } from './experiment.js';
import type { FinishedCell } from './learn/cell.js';
import { runCellProcess } from './learn/cell-process.js';
import { LEARN_METHODS } from './learn/methods.js';
import { requestOf, writeSplits } from './learn/request.js';
import { TUNING_TASK } from './learn/tasks.js';
import { WorkFile } from './work-file.js';

const FACTORS = [1 / 3, 1, 3];
const EPOCHS = 5;

/** Tries the default rate of each method, a third of it and three times it, on a task that no other experiment reports. */
export const rates: Experiment = {
  name: 'rates',
  title: 'Learning rates',
  options: { work: { type: 'string', default: 'data/experiments' }, only: { type: 'string' } },
  async run(options, note) {
    const directory = join(requireOption(options, 'work'), 'rates');
    const finished = await WorkFile.open<FinishedCell>(join(directory, 'rates.jsonl'));
    const data = await TUNING_TASK.read(requireOption(options, 'data'));
    const files = await writeSplits(data, directory);
    const only = optionText(options, 'only');
    const rows: string[][] = [];
    for (const row of LEARN_METHODS.filter(({ name }) => only === undefined || only.split(',').includes(name))) {
      const cells: string[] = [];
      for (const factor of FACTORS) {
        const learningRate = Number((factor * defaultRate(row.method)).toPrecision(1));
        const key = `${row.name}/${learningRate}`;
        const run = join(directory, 'run');
        await rm(run, { recursive: true, force: true });
        const task = { ...TUNING_TASK, epochs: EPOCHS };
        const request = requestOf(task, row, { files, directory: run, seed: 0, learningRate });
        const old = finished.find(key);
        const found = old ?? { key, ...(await runCellProcess({ ...request, measuresStart: false })) };
        if (!old) await finished.add(found);
        cells.push(`${learningRate}: ${(100 * found.validation).toFixed(1)}`);
        note(`${key}  ${(100 * found.validation).toFixed(1)}  ${found.cpuSeconds.toFixed(0)} s`);
      }
      rows.push([row.name, ...cells]);
    }
    return {
      method:
        `Accuracy on the validation split of CLINC150's travel domain, ${EPOCHS} passes over 1,500 rows, one seed, one ` +
        'middle column is the default.',
      seeds: '0',
      columns: ['method', 'a third', 'default', 'three times'],
      rows,
      isReached: rows.length > 0,
    };
  },
};
