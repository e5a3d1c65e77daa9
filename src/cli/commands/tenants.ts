import { ADMIN_KEY_FILE, API_OPTIONS, ApiClient } from '../api-client.js';
import { optionText, requireOption, type Command } from '../command.js';

export const createTenantCommand: Command = {
  name: 'tenants create',
  usage: 'NAME [--url URL] [--key KEY]',
  summary: 'make a tenant (admin key)',
  options: API_OPTIONS,
  positionals: [1, 1],
  async run({ positionals: [name], options }, surroundings) {
    const client = await ApiClient.open(options, surroundings, ADMIN_KEY_FILE);
    surroundings.out(`${JSON.stringify(await client.call('POST', '/admin/tenants', { name }), null, 2)}\n`);
    return 0;
  },
};

export const createKeyCommand: Command = {
  name: 'keys create',
  usage: '--tenant ID [--role ROLE] [--label LABEL] [--url URL] [--key KEY]',
  summary: 'make a key of a tenant and print its secret, which is shown once (admin key)',
  options: {
    ...API_OPTIONS,
    tenant: { type: 'string' },
    role: { type: 'string', default: 'tenant:user' },
    label: { type: 'string', default: 'cli' },
  },
  positionals: [0, 0],
  async run({ options }, surroundings) {
    const client = await ApiClient.open(options, surroundings, ADMIN_KEY_FILE);
    const body = {
      tenant: requireOption(options, 'tenant'),
      role: optionText(options, 'role'),
      label: optionText(options, 'label'),
    };
    const { secret } = (await client.call('POST', '/admin/keys', body)) as { secret: string };
    surroundings.out(`${secret}\n`);
    return 0;
  },
};
