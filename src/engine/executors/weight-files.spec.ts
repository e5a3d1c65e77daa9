import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tensor } from '../tensor.js';
import { WeightFiles } from './weight-files.js';

const filled = (size: number, value: number) => tensor('float32', [size], new Float32Array(size).fill(value));

describe('WeightFiles', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weights-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('writes weights at page offsets, and leaves no temporary file', async () => {
    const files = new WeightFiles(folder);
    const [a, b] = [filled(300, 1), filled(2000, 2)];
    await files.add([a, b]);
    const [name] = await readdir(folder);
    expect(await readdir(folder)).toHaveLength(1);
    expect(files.find(a)).toEqual({ location: name, byteOffset: 0, byteLength: 1200 });
    expect(files.find(b)).toEqual({ location: name, byteOffset: 4096, byteLength: 8000 });
    const bytes = await readFile(join(folder, name!));
    expect(new Float32Array(bytes.buffer, bytes.byteOffset + 4096, 1)[0]).toBe(2);
  });

  it('stores equal content once, whatever tensor holds it', async () => {
    const files = new WeightFiles(folder);
    await files.add([filled(300, 1), filled(300, 1)]);
    await files.add([filled(300, 1)]);
    const [name] = await readdir(folder);
    expect((await stat(join(folder, name!))).size).toBe(4096);
  });

  it('puts later weights into a further file, and only those', async () => {
    const files = new WeightFiles(folder);
    const [a, b] = [filled(300, 1), filled(300, 2)];
    await files.add([a]);
    await files.add([a, b]);
    expect(files.find(a)?.location).not.toBe(files.find(b)?.location);
    expect(await readdir(folder)).toHaveLength(2);
  });

  it('keeps small weights out of the files', async () => {
    const files = new WeightFiles(folder);
    const small = filled(10, 1);
    await files.add([small]);
    expect(files.find(small)).toBeUndefined();
    expect(await readdir(folder)).toEqual([]);
  });

  it('uses the file of an earlier process, and replaces one that was cut', async () => {
    const a = filled(300, 1);
    await new WeightFiles(folder).add([a]);
    const [name] = await readdir(folder);
    const before = await stat(join(folder, name!));
    await new WeightFiles(folder).add([a]);
    expect((await stat(join(folder, name!))).ino).toBe(before.ino);
    await writeFile(join(folder, name!), 'cut');
    await new WeightFiles(folder).add([a]);
    expect((await stat(join(folder, name!))).size).toBe(4096);
  });

  it('writes once when two graphs ask at the same time', async () => {
    const files = new WeightFiles(folder);
    const a = filled(300, 1);
    await Promise.all([files.add([a]), files.add([a])]);
    expect(await readdir(folder)).toHaveLength(1);
  });

  it('beside others writes only what these have not, and removes that alone', async () => {
    const files = new WeightFiles(folder);
    const [a, b] = [filled(300, 1), filled(300, 2)];
    await files.add([a]);
    const kept = await readdir(folder);
    const own = new WeightFiles(folder, files);
    await own.add([a, b]);
    expect(own.find(a)).toEqual(files.find(a));
    expect([own.find(b)?.byteOffset, files.find(b)]).toEqual([0, undefined]);
    expect(await readdir(folder)).toHaveLength(2);
    await own.remove();
    expect(await readdir(folder)).toEqual(kept);
  });

  it('sweeps away what was to be removed, and nothing else', async () => {
    const files = new WeightFiles(folder);
    await files.add([filled(300, 1)]);
    const kept = await readdir(folder);
    await new WeightFiles(folder, files).add([filled(300, 2)]);
    await WeightFiles.sweep(folder);
    expect(await readdir(folder)).toEqual(kept);
  });

  it('fails when it cannot write, and works again when it can', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const files = new WeightFiles(join(file, 'below'));
    const a = filled(300, 1);
    await expect(files.add([a])).rejects.toThrow(/ENOTDIR|EEXIST/);
    await rm(file);
    await files.add([a]);
    expect(files.find(a)?.byteLength).toBe(1200);
  });
});
