import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ADAPTER_TASKS } from '../../adapters/adapter-base.js';
import { fromDirectory, type AdapterFiles } from '../../adapters/files.js';
import { readSafetensors } from '../../engine/io/safetensors.js';
import { directorySource } from '../../models/directory-source.js';
import { loadBaseModel } from '../../models/load.js';
import { Random } from '../../common/random.js';
import type { ParameterTensors } from '../parameter.js';
import { methodOptions } from './options.js';
import { openMethod, startMethod } from './table.js';

const GOLDENS = fileURLToPath(new URL('../../../test/goldens/', import.meta.url));
const folders = await readdir(join(GOLDENS, 'written/adapters'));

const cardSchema = z.object({
  task: z.enum(ADAPTER_TASKS),
  labels: z.array(z.string()).optional(),
  method: methodOptions,
});

/** Names, types and shapes of the tensors, and all of the configuration. */
function formOf(files: AdapterFiles): { config: unknown; tensors: Record<string, unknown> } {
  const { tensors } = readSafetensors(files.get('adapter_model.safetensors')!);
  const shapes = [...tensors].map(([name, { dtype, shape }]) => [name, `${dtype} ${shape.join('x')}`] as const);
  const config: unknown = JSON.parse(new TextDecoder().decode(files.get('adapter_config.json')));
  return { config, tensors: Object.fromEntries(shapes.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** The set in test/goldens/written was loaded in PEFT; what is written now has to be of the same form. */
describe.each(folders)('files of %s', (name) => {
  it('have the form that PEFT was seen to load, at the start and when training goes on', async () => {
    const committed = await fromDirectory(join(GOLDENS, 'written/adapters', name));
    const card = cardSchema.parse(
      JSON.parse(await readFile(join(GOLDENS, 'written/adapters', name, 'card.json'), 'utf8')),
    );
    const base = await loadBaseModel(directorySource(join(GOLDENS, 'base', name.split('_')[0]!)));
    const context = {
      ...{ base, task: card.task, random: Random.stream(1, 'initial') },
      ...(card.labels && { labels: { labels: card.labels, problem: 'single' as const } }),
    };
    for (const trainable of [startMethod(card.method, context), openMethod(committed, card.method, context)]) {
      const values: ParameterTensors = new Map(trainable.parameters.map(({ name: key, initial }) => [key, initial]));
      expect(formOf(trainable.files(values))).toEqual(formOf(committed));
    }
  });
});
