import { importAdapter } from '../adapters/import.js';
import type { AdapterBase } from '../adapters/adapter-base.js';
import { fromDirectory } from '../adapters/files.js';
import { PACKED_VERSION, packBrick } from '../adapters/packed.js';
import type { HeadLabels } from '../models/heads.js';
import type { AdapterSummary } from '../registry/adapter-version.js';
import type { AdapterCompiler, CompiledAdapter } from '../registry/ports.js';
import type { Digest } from '../common/digest.js';
import { z } from 'zod';

/** What serving reads again from the `details` of a version's summary. */
export const VersionDetails = z.object({
  problem: z.enum(['single', 'multi', 'regression']).nullable(),
  virtual_tokens: z.int().min(0),
});

/** Resolves adapters on the base of this process. */
export class BaseAdapterCompiler implements AdapterCompiler {
  readonly baseDigest: string;
  readonly formatVersion = Number(PACKED_VERSION);

  constructor(private readonly base: AdapterBase & { readonly digest: string }) {
    this.baseDigest = base.digest.replace(/^sha256:/, '');
  }

  async compile(dir: string): Promise<CompiledAdapter> {
    const { brick, labels, task, report, digest } = importAdapter(await fromDirectory(dir), this.base);
    const details = {
      format: report.format,
      problem: labels?.problem ?? null,
      virtual_tokens: (brick.prefix?.tokens ?? 0) + (brick.prompt?.tokens ?? 0),
      ranks: report.ranks,
      parameters: report.parameters,
      resident_bytes: report.residentBytes ?? 0,
      notes: report.notes,
    };
    const summary = { method: report.method, task, labels: labels?.labels ?? null, details };
    return { digest: digest as Digest, summary, packed: packBrick(brick) };
  }
}

/** The labels of a stored version. */
export function labelsOf({ labels, details }: AdapterSummary): HeadLabels | undefined {
  const { problem } = VersionDetails.parse(details);
  return labels === null || problem === null ? undefined : { labels, problem };
}
