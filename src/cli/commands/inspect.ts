import { fromDirectory } from '../../adapters/files.js';
import { inspectAdapter } from '../../adapters/inspect.js';
import { renderReport } from '../../adapters/report.js';
import { directorySource } from '../../models/directory-source.js';
import { loadBaseModel } from '../../models/load.js';
import { optionText, type Command } from '../command.js';

export const inspectCommand: Command = {
  name: 'inspect',
  usage: 'DIR [--base DIR] [--json]',
  summary: 'say what an adapter is, and whether every key of it is honoured',
  options: { base: { type: 'string' }, json: { type: 'boolean' } },
  positionals: [1, 1],
  async run({ positionals: [directory = ''], options }, { out }) {
    const files = await fromDirectory(directory);
    const baseDirectory = optionText(options, 'base');
    const base = baseDirectory === undefined ? undefined : await loadBaseModel(directorySource(baseDirectory));
    const report = inspectAdapter(files, base);
    out(options['json'] === true ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report));
    return report.served ? 0 : 1;
  },
};
