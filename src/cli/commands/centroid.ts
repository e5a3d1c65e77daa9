import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromDirectory } from '../../adapters/files.js';
import { ROUTING_FILE, withCentroid } from '../../adapters/routing/routing-file.js';
import { NotFoundError, ValidationError } from '../../common/errors.js';
import { calibratedCentroid } from '../../composition/routing/centroid.js';
import { API_OPTIONS, ApiClient, TENANT_KEY_FILE } from '../api-client.js';
import { requireOption, type Command } from '../command.js';

/** Texts of one request. */
const PAGE = 32;
/** A mean does not gain from more. */
const MAX_TEXTS = 2000;

export const centroidCommand: Command = {
  name: 'adapters centroid',
  usage: 'DIR --texts FILE [--url URL] [--key KEY]',
  summary:
    'fit what routes by centroid need to the texts of a file, one a line, and write it into an adapter’s directory',
  options: { ...API_OPTIONS, texts: { type: 'string' } },
  positionals: [1, 1],
  async run({ positionals: [directory = ''], options }, surroundings) {
    const texts = await readTexts(requireOption(options, 'texts'));
    const files = await fromDirectory(directory);
    if (files.size === 0) throw new ValidationError(`adapters centroid: expected an adapter in ${directory}, got none`);
    const client = await ApiClient.open(options, surroundings, TENANT_KEY_FILE);
    const embeddings: Float32Array[] = [];
    for (let from = 0; from < texts.length; from += PAGE)
      embeddings.push(...(await embed(client, texts.slice(from, from + PAGE))));
    const centroid = calibratedCentroid(embeddings);
    const path = join(directory, ROUTING_FILE);
    await writeFile(path, withCentroid(files.get(ROUTING_FILE), centroid));
    surroundings.out(`${path}: centroid of ${texts.length} texts, floor ${centroid.floor.toFixed(3)}\n`);
    return 0;
  },
};

async function readTexts(path: string): Promise<string[]> {
  const content = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new NotFoundError(`--texts: expected a file that can be read, got ${path}`, { cause });
  });
  const texts = content.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (texts.length === 0) throw new ValidationError(`--texts: expected a text on each line, got none in ${path}`);
  return texts.slice(0, MAX_TEXTS);
}

/** As a route embeds its inputs: on the bare base, the mean of all tokens. */
async function embed(client: ApiClient, input: readonly string[]): Promise<Float32Array[]> {
  const body = { model: 'base', input, encoding_format: 'float', truncate: true };
  const { data } = (await client.call('POST', '/v1/embeddings', body)) as { data: { embedding: number[] }[] };
  return data.map(({ embedding }) => Float32Array.from(embedding));
}
