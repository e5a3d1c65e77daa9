import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NotFoundError, TooLargeError, ValidationError } from '../common/errors.js';
import { checkAdapterFile, checkAdapterFiles, fromDirectory } from './files.js';

const bytes = (size = 2) => new Uint8Array(size);

describe('checkAdapterFiles', () => {
  it('keeps what is read and passes over what changes no number', () => {
    const files = checkAdapterFiles([
      ['adapter_config.json', bytes()],
      ['adapter_model.safetensors', bytes()],
      ['README.md', bytes()],
    ]);
    expect([...files.keys()]).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
  });

  it.each([
    '../adapter_config.json',
    '/etc/passwd',
    'sub/adapter_config.json',
    'adapter_config.json\0',
    '',
    '.',
    'model.gguf',
    '__proto__',
  ])('refuses the name %j', (name) => expect(() => checkAdapterFiles([[name, bytes()]])).toThrow(ValidationError));

  it.each(['adapter_model.bin', 'pytorch_adapter.bin', 'embedding.pt', 'x.pkl'])('refuses the pickle %s', (name) => {
    expect(() => checkAdapterFiles([[name, bytes()]])).toThrow('only safetensors weights are read');
  });

  it('refuses a name twice and a file over its bound', () => {
    expect(() =>
      checkAdapterFiles([
        ['card.json', bytes()],
        ['card.json', bytes()],
      ]),
    ).toThrow('got card.json twice');
    expect(() => checkAdapterFiles([['card.json', bytes(1024 * 1024 + 1)]])).toThrow(TooLargeError);
    expect(() => checkAdapterFile('adapter_model.safetensors', 2 ** 40)).toThrow(TooLargeError);
  });
});

describe('fromDirectory', () => {
  let directory: string;
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), 'tessera-files-'))));
  afterEach(async () => rm(directory, { recursive: true }));

  it('reads the files it knows and leaves a trainer’s own alone', async () => {
    for (const name of ['adapter_config.json', 'adapter_model.safetensors', 'training_args.bin', 'tokenizer.json']) {
      await writeFile(join(directory, name), name);
    }
    await mkdir(join(directory, 'checkpoint-100'));
    const files = await fromDirectory(directory);
    expect([...files.keys()]).toEqual(['adapter_config.json', 'adapter_model.safetensors']);
    expect(new TextDecoder().decode(files.get('adapter_config.json'))).toBe('adapter_config.json');
  });

  it('refuses a directory whose weights are a pickle, and one that is not there', async () => {
    await writeFile(join(directory, 'adapter_config.json'), '{}');
    await writeFile(join(directory, 'adapter_model.bin'), '');
    await expect(fromDirectory(directory)).rejects.toThrow(
      'only safetensors weights are read, got "adapter_model.bin"',
    );
    await expect(fromDirectory(join(directory, 'none'))).rejects.toThrow(NotFoundError);
  });
});
