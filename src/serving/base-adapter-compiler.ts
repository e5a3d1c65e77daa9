import { z } from 'zod';
import type { PackedAdapter } from '../adapters/import-packed.js';
import { ADAPTER_TASKS } from '../adapters/adapter-base.js';
import { PACKED_VERSION } from '../adapters/packed.js';
import type { CutReport, SquadCut } from '../adapters/routing/squad-cut.js';
import { ARROW_VERSION } from '../composition/routing/arrow.js';
import type { Digest } from '../common/digest.js';
import { NotFoundError } from '../common/errors.js';
import type { BaseModel } from '../models/base-model.js';
import type { AdapterCompiler, CompiledAdapter } from '../registry/ports.js';

/** What serving reads again from the `details` of a version's summary. */
export const versionDetails = z.object({
  problem: z.enum(['single', 'multi', 'regression']).nullable(),
  head: z.enum(['sequence', 'token', 'masked_lm']).nullable().describe('Absent: the base answers'),
  virtual_tokens: z.int().min(0),
  template: z.string().optional().describe('The prompt that texts to classify are put in'),
  experts: z.int().min(1).optional().describe('Of a router: how many bricks it weighs'),
  tasks: z.array(z.enum(ADAPTER_TASKS)).optional().describe('Of a version that is a model of its own'),
});

/** What is computed of adapters on the base of this process, in a thread of its own. */
export interface AdapterImporter {
  import(directory: string): Promise<PackedAdapter>;
  arrowGates(packed: Uint8Array, layers: number): Promise<Uint8Array>;
  cutSquad(cut: SquadCut): Promise<CutReport>;
}

/** Resolves adapters on the base of this process. */
export class BaseAdapterCompiler implements AdapterCompiler {
  readonly baseDigest: string;
  readonly formatVersion = Number(PACKED_VERSION);
  readonly arrowVersion = ARROW_VERSION;

  constructor(
    private readonly base: Pick<BaseModel, 'digest' | 'weights' | 'sites'>,
    private readonly importer: AdapterImporter,
  ) {
    this.baseDigest = base.digest.replace(/^sha256:/, '');
  }

  async compile(dir: string): Promise<CompiledAdapter> {
    const imported = await this.importer.import(dir);
    const { packed, model, head, virtualTokens, labels, task, report, digest, template, experts } = imported;
    const details = {
      format: report.format,
      problem: labels?.problem ?? null,
      head: head ?? null,
      virtual_tokens: virtualTokens,
      ...(template !== undefined && { template }),
      ...(experts !== undefined && { experts }),
      ranks: report.ranks,
      parameters: report.parameters,
      resident_bytes: report.residentBytes ?? 0,
      notes: report.notes,
      ...(model && { tasks: model.tasks }),
    };
    const summary = {
      ...(model && { kind: 'base' as const }),
      ...(experts !== undefined && { kind: 'router' as const }),
      ...{ method: report.method, task, labels: labels?.labels ?? null, details },
    };
    return { digest: digest as Digest, summary, packed, ...(model && { model }) };
  }

  arrowGates(packed: Uint8Array): Promise<Uint8Array> {
    return this.importer.arrowGates(packed, this.base.sites.layers);
  }

  cutSquad(cut: SquadCut): Promise<CutReport> {
    return this.importer.cutSquad(cut);
  }

  baseTensor(name: string): Uint8Array {
    const held = this.base.weights.get(name);
    if (held === undefined) throw new NotFoundError(`base: expected a tensor ${name}, got none`);
    const { buffer, byteOffset, byteLength } = held.data;
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
}
