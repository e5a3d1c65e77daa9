import { readFile } from 'node:fs/promises';
import type { OpenAPIObject } from '@nestjs/swagger';
import { beforeAll, expect, it } from 'vitest';
import { createDocumentApp } from './document-app.js';
import { createDocument } from './openapi.js';
import { version } from '../common/package.js';

let document: OpenAPIObject;
beforeAll(async () => {
  const app = await createDocumentApp();
  document = createDocument(app, version());
  await app.close();
});

it('is the committed docs/openapi.json; `npm run openapi` writes it anew', async () => {
  const committed = await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8');
  expect(JSON.parse(committed)).toEqual(JSON.parse(JSON.stringify(document)));
});

it('describes the body of every request and the answer of every route', () => {
  const lacking = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item as Record<string, { responses?: Record<string, unknown>; summary?: string }>)
      .filter(([, { summary, responses }]) => !summary || Object.keys(responses ?? {}).length === 0)
      .map(([method]) => `${method} ${path}`),
  );
  expect(lacking).toEqual([]);
});
