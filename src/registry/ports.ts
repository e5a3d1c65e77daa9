import type { CutReport, SquadCut } from '../adapters/routing/squad-cut.js';
import type { WholeModelLayout } from '../adapters/whole-model.js';
import type { Digest } from '../common/digest.js';
import type { AdapterSummary } from './adapter-version.js';

export const ADAPTER_COMPILER = Symbol('AdapterCompiler');
export const LEASES = Symbol('Leases');

export interface CompiledAdapter {
  /** The content address of what the files say. */
  readonly digest: Digest;
  readonly summary: AdapterSummary;
  readonly packed: Uint8Array;
  /** Of a version that is a model of its own; then `packed` is empty. */
  readonly model?: WholeModelLayout;
}

/** Reads an adapter's original files, resolves them on the base and packs the brick. */
export interface AdapterCompiler {
  /** 64 hexadecimal digits of the base that bricks are resolved on. */
  readonly baseDigest: string;
  /** Version of the packed file form. */
  readonly formatVersion: number;
  /**
   * @param dir  local directory with the original files, flat
   * @throws IncompatibleAdapterError | ValidationError  when the files cannot be served exactly, with the reason
   */
  compile(dir: string): Promise<CompiledAdapter>;
  /** Version of what `arrowGates` derives. */
  readonly arrowVersion: number;
  /** A packed brick of the prototypes by which Arrow weighs a packed brick. */
  arrowGates(packed: Uint8Array): Promise<Uint8Array>;
  /**
   * One task's part of a squad, as files.
   *
   * @throws ValidationError | IncompatibleAdapterError  for a cut that cannot be made, with the reason
   */
  cutSquad(cut: SquadCut): Promise<CutReport>;
  /** The float32 bytes of one of the base's own tensors, by canonical name. */
  baseTensor(name: string): Uint8Array;
}

/** Which versions this process holds for requests that are not answered yet. */
export interface Leases {
  isLeased(tenantId: string, digest: Digest): boolean;
}
