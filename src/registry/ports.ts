import type { Digest } from '../common/digest.js';
import type { AdapterSummary } from './adapter-version.js';

export const ADAPTER_COMPILER = Symbol('AdapterCompiler');
export const LEASES = Symbol('Leases');

export interface CompiledAdapter {
  /** The content address of what the files say. */
  readonly digest: Digest;
  readonly summary: AdapterSummary;
  readonly packed: Uint8Array;
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
}

/** Which versions this process holds for requests that are not answered yet. */
export interface Leases {
  isLeased(tenantId: string, digest: Digest): boolean;
}
