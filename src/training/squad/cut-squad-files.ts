import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AdapterBase } from '../../adapters/adapter-base.js';
import { fromDirectory, type AdapterFiles } from '../../adapters/files.js';
import type { CutReport, SquadCut } from '../../adapters/routing/squad-cut.js';
import { cutStoredSquad } from './cut-stored-squad.js';

/** As `cutStoredSquad`, from directories into directories. @throws as that does, and what `fromDirectory` throws */
export async function cutSquadFiles(
  { options, router, experts, into }: SquadCut,
  base: Pick<AdapterBase, 'sites'>,
): Promise<CutReport> {
  const stored = { router: await fromDirectory(router), experts: await Promise.all(experts.map(fromDirectory)) };
  const cut = cutStoredSquad(stored, options, base);
  await writeInto(join(into, 'router'), cut.router);
  for (const [at, files] of cut.experts.entries()) await writeInto(join(into, 'experts', String(at)), files);
  return cut.report;
}

async function writeInto(directory: string, files: AdapterFiles): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(directory, name), bytes);
}
