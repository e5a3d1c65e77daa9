import { writeFile } from 'node:fs/promises';
import { exportOnnx } from '../../engine/io/onnx-export.js';
import { buildExport, type ExportTask } from '../../models/export.js';
import { directorySource } from '../../models/directory-source.js';
import { loadBaseModel } from '../../models/load.js';
import { ValidationError } from '../../common/errors.js';
import { optionText, requireOption, type Command } from '../command.js';

const TASKS: readonly ExportTask[] = ['hidden', 'sequence', 'token', 'masked_lm', 'mean', 'cls'];

export const exportCommand: Command = {
  name: 'export',
  usage: `DIR --out FILE.onnx [--task ${TASKS.join('|')}]`,
  summary: 'write a base model as one ONNX file',
  options: { out: { type: 'string' }, task: { type: 'string', default: 'hidden' } },
  positionals: [1, 1],
  async run({ positionals: [directory = ''], options }, { out }) {
    const file = requireOption(options, 'out');
    const task = TASKS.find((known) => known === optionText(options, 'task'));
    if (task === undefined) throw new ValidationError(`--task: expected one of ${TASKS.join(', ')}`);
    const model = await loadBaseModel(directorySource(directory));
    const bytes = exportOnnx(buildExport(model, { task }));
    await writeFile(file, bytes);
    out(`${file}: ${bytes.byteLength} bytes, ${model.family.name}, ${task}\n`);
    return 0;
  },
};
