import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { AdapterFiles } from '../../src/adapters/files.js';
import { importPacked } from '../../src/adapters/import-packed.js';
import { unpackBrick } from '../../src/adapters/packed.js';
import { arrowGates } from '../../src/composition/routing/arrow.js';
import { directorySource } from '../../src/models/directory-source.js';
import { loadBaseModel } from '../../src/models/load.js';
import { openBase } from '../../src/models/open.js';
import { workerEntry } from '../../src/runtime/create-runtime.js';
import { ImportThread } from '../../src/runtime/import-thread.js';
import ensureBuilt from '../support/build.js';
import { loraAdapter, QUERY, randomTensors } from '../support/peft-adapter.js';
import { writeTinyModel } from '../support/tiny-model.js';

/** Its import needs the base's query weights. */
function doraAdapter(): AdapterFiles {
  const magnitudes = [0, 1].map((layer): [string, number[]] => [`${QUERY(layer)}.lora_magnitude_vector`, [12]]);
  const tensors = randomTensors(Object.fromEntries(magnitudes), 9);
  return loraAdapter({ use_dora: true }, (others) => Object.assign(others, tensors));
}

let folder: string;
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  await ensureBuilt();
  folder = await mkdtemp(join(tmpdir(), 'tessera-import-'));
  await writeTinyModel(at('base'), { modelType: 'bert', task: 'sequence' });
  const adapters = { plain: loraAdapter(), dora: doraAdapter(), bad: loraAdapter({ use_qalora: true }) };
  for (const [name, files] of Object.entries(adapters)) {
    await mkdir(at(name));
    for (const [file, bytes] of files) await writeFile(join(at(name), file), bytes);
  }
});
afterAll(() => rm(folder, { recursive: true }));

async function open(): Promise<ImportThread> {
  const directory = at('base');
  const { stamp } = await openBase(directorySource(directory));
  return new ImportThread({ input: { directory, stamp }, entry: workerEntry('import-worker'), idleMs: 1000 });
}

it.each(['plain', 'dora'])('imports as this thread does, on weights that it reads itself: %s', async (name) => {
  const thread = await open();
  const loaded = await loadBaseModel(directorySource(at('base')));
  const there = await thread.import(at(name));
  const here = await importPacked(at(name), loaded);
  expect({ ...there, packed: [...there.packed] }).toEqual({ ...here, packed: [...here.packed] });
  await thread.stop();
});

it('derives the prototypes of Arrow as this thread does, without the base', async () => {
  const thread = await open();
  const { packed } = await thread.import(at('plain'));
  const shared = new Uint8Array(new SharedArrayBuffer(packed.byteLength));
  shared.set(packed);
  const { layers } = (await loadBaseModel(directorySource(at('base')))).sites;
  const { gates, gatesFor } = unpackBrick(await thread.arrowGates(shared, layers));
  expect([gatesFor, gates]).toEqual(['arrow', arrowGates(unpackBrick(packed), layers)]);
  await expect(thread.arrowGates(Uint8Array.of(1), layers)).rejects.toMatchObject({ status: 400 });
  await thread.stop();
});

it('refuses with the code and the parameter that the import named', async () => {
  const thread = await open();
  await expect(thread.import(at('bad'))).rejects.toMatchObject({ status: 422, param: 'use_qalora' });
  await expect(thread.import(at('nothing'))).rejects.toMatchObject({ status: 404 });
  await thread.stop();
});

it('refuses when the files of the base are others than those the service started with', async () => {
  const thread = await open();
  await utimes(join(at('base'), 'model.safetensors'), 1, 1);
  await expect(thread.import(at('plain'))).rejects.toThrow('expected its files unchanged since the service started');
  await thread.stop();
});
