import { version } from '../../common/package.js';
import type { Command } from '../command.js';

export const versionCommand: Command = {
  name: 'version',
  usage: '',
  summary: 'print the version',
  options: {},
  positionals: [0, 0],
  async run(_, { out }) {
    out(`${version()}\n`);
    return 0;
  },
};
