import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadMigrationFiles } from './migration-files.js';

describe('loadMigrationFiles', () => {
  let directory: string;
  const write = (name: string) => writeFile(join(directory, name), `-- ${name}`);
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tessera-migrations-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('reads the shipped ones in order, each with its way back', async () => {
    const files = await loadMigrationFiles();
    expect(files.map(({ name }) => name).slice(0, 2)).toEqual(['0001-tenants', '0002-registry']);
    for (const { up, down, checksum } of files)
      expect([up !== '', down !== '', checksum.length]).toEqual([true, true, 64]);
  });

  it('refuses one without a way back', async () => {
    await write('0001-a.up.sql');
    await expect(loadMigrationFiles(directory)).rejects.toThrow(/0001-a.down.sql/);
  });

  it.each(['0002-a.up.sql', '1-a.up.sql', '0001_a.up.sql'])('refuses %s as the first', async (name) => {
    await write(name);
    await expect(loadMigrationFiles(directory)).rejects.toThrow(/expected number 1/);
  });
});
