import { writeFile } from 'node:fs/promises';
import { version } from '../../common/package.js';
import { createDocumentApp } from '../../http/document-app.js';
import { createDocument } from '../../http/openapi.js';
import { optionText, type Command } from '../command.js';

export const openapiCommand: Command = {
  name: 'openapi',
  usage: '[--out FILE]',
  summary: 'print or write the OpenAPI document',
  options: { out: { type: 'string' } },
  positionals: [0, 0],
  async run({ options }, { out }) {
    const app = await createDocumentApp();
    const text = `${JSON.stringify(createDocument(app, version()), null, 2)}\n`;
    await app.close();
    const file = optionText(options, 'out');
    if (file === undefined) out(text);
    else await writeFile(file, text);
    return 0;
  },
};
