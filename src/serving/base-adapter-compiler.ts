import { z } from 'zod';
import { importAdapter } from '../adapters/import.js';
import type { AdapterBase } from '../adapters/adapter-base.js';
import { fromDirectory, type AdapterFiles } from '../adapters/files.js';
import { PACKED_VERSION, packBrick } from '../adapters/packed.js';
import type { Digest } from '../common/digest.js';
import type { HeadLabels } from '../models/heads.js';
import type { AdapterCompiler, CompiledAdapter } from '../registry/ports.js';

/** What serving reads again from the `details` of a version's summary. */
export const versionDetails = z.object({
  problem: z.enum(['single', 'multi', 'regression']).nullable(),
  head: z.enum(['sequence', 'token', 'masked_lm']).nullable().describe('Absent: the base answers'),
  virtual_tokens: z.int().min(0),
});

const cardProblem = z.object({ problem: versionDetails.shape.problem.unwrap().optional() });

/** Resolves adapters on the base of this process. */
export class BaseAdapterCompiler implements AdapterCompiler {
  readonly baseDigest: string;
  readonly formatVersion = Number(PACKED_VERSION);

  constructor(private readonly base: AdapterBase & { readonly digest: string }) {
    this.baseDigest = base.digest.replace(/^sha256:/, '');
  }

  async compile(dir: string): Promise<CompiledAdapter> {
    const files = await fromDirectory(dir);
    const { brick, labels, task, report, digest } = importAdapter(files, this.base, cardOptions(files));
    const details = {
      format: report.format,
      problem: labels?.problem ?? null,
      head: brick.head?.kind ?? null,
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

/** What card.json says beyond labels and task, which the import reads itself. */
function cardOptions(files: AdapterFiles): { problem?: HeadLabels['problem'] } {
  const card = files.get('card.json');
  if (card === undefined) return {};
  const { success, data } = cardProblem.safeParse(JSON.parse(Buffer.from(card).toString('utf8')));
  return success && data.problem !== undefined ? { problem: data.problem } : {};
}
