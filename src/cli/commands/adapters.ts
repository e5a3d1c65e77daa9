import { basename, resolve } from 'node:path';
import { fromDirectory } from '../../adapters/files.js';
import { API_OPTIONS, ApiClient, TENANT_KEY_FILE } from '../api-client.js';
import { optionText, type Command } from '../command.js';

export const importCommand: Command = {
  name: 'adapters import',
  usage: 'DIR [--name NAME] [--alias ALIAS] [--labels JSON] [--task TASK] [--url URL] [--key KEY]',
  summary: 'upload the PEFT or AdapterHub adapter in a directory',
  options: {
    ...API_OPTIONS,
    name: { type: 'string' },
    alias: { type: 'string' },
    labels: { type: 'string' },
    task: { type: 'string' },
  },
  positionals: [1, 1],
  async run({ positionals: [directory = ''], options }, surroundings) {
    const client = await ApiClient.open(options, surroundings, TENANT_KEY_FILE);
    const form = new FormData();
    form.set('name', optionText(options, 'name') ?? basename(resolve(directory)));
    for (const field of ['alias', 'labels', 'task']) {
      const value = optionText(options, field);
      if (value !== undefined) form.set(field, value);
    }
    for (const [name, bytes] of await fromDirectory(directory)) {
      form.append('files', new Blob([new Uint8Array(bytes)]), name);
    }
    surroundings.out(`${JSON.stringify(await client.call('POST', '/v1/adapters', form), null, 2)}\n`);
    return 0;
  },
};

export const listCommand: Command = {
  name: 'adapters list',
  usage: '[--url URL] [--key KEY]',
  summary: 'list the adapters of the tenant whose key it is',
  options: API_OPTIONS,
  positionals: [0, 0],
  async run({ options }, surroundings) {
    const client = await ApiClient.open(options, surroundings, TENANT_KEY_FILE);
    for (let after: string | null = ''; after !== null;) {
      const page = await client.call('GET', `/v1/adapters${after === '' ? '' : `?after=${encodeURIComponent(after)}`}`);
      const { data, next } = page as { data: { name: string }[]; next: string | null };
      for (const { name } of data) surroundings.out(`${name}\n`);
      after = next;
    }
    return 0;
  },
};
