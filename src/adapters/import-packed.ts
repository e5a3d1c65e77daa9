import type { Head } from '../models/heads.js';
import type { AdapterBase } from './adapter-base.js';
import { baseTensors, leaveToBase } from './base-tensors.js';
import { fromDirectory } from './files.js';
import { importAdapter } from './import.js';
import type { ImportedAdapter } from './import-weights.js';
import { brickBytes, packBrick } from './packed.js';
import type { ConformanceReport } from './report.js';
import type { WholeModelLayout } from './whole-model.js';

/** An imported adapter with its brick packed; plain values, so that they may cross a thread border. */
export interface PackedAdapter extends Omit<ImportedAdapter, 'brick' | 'report'> {
  readonly packed: Uint8Array<ArrayBuffer>;
  /** Absent: the base answers. */
  readonly head?: Head['kind'];
  readonly virtualTokens: number;
  /** Of a router: how many bricks it weighs. */
  readonly experts?: number;
  /** Of a version that is a model of its own; its `packed` is empty and lies in the pieces that this names. */
  readonly model?: WholeModelLayout;
  readonly report: Pick<ConformanceReport, 'format' | 'method' | 'ranks' | 'parameters' | 'residentBytes' | 'notes'>;
}

/**
 * Reads the adapter in a directory, resolves it on a base and packs its brick: all that an import computes.
 *
 * @throws what `fromDirectory` and `importAdapter` throw
 */
export async function importPacked(directory: string, base: AdapterBase): Promise<PackedAdapter> {
  const files = await fromDirectory(directory);
  const { brick: whole, labels, task, report, digest, template } = importAdapter(files, base);
  const { format, method, ranks, parameters, notes } = report;
  const brick = leaveToBase(whole, baseTensors(base));
  return {
    packed: packBrick(brick),
    ...(brick.head && { head: brick.head.kind }),
    virtualTokens: (brick.prefix?.tokens ?? 0) + (brick.prompt?.tokens ?? 0),
    ...(brick.experts !== undefined && { experts: brick.experts }),
    ...(labels && { labels }),
    task,
    digest,
    ...(template !== undefined && { template }),
    report: { format, method, ranks, parameters, notes, residentBytes: brickBytes(brick) },
  };
}
