import type { RouterPart } from '../adapters/routing/router-parts.js';

/** A packed brick of one version, as the tiers know it. */
export interface BrickRef {
  /** Name in the pool, the host memory and the disk cache: tenant and version digest, so that tenants never share one. */
  readonly id: string;
  /** Name of its file in memory and on disk, where that holds more than this brick; absent: `id`. */
  readonly file?: string;
  /** Which part of the router in that file. */
  readonly part?: RouterPart;
  /** Key in the object store. */
  readonly objectKey: string;
  /** sha256 of the packed file, hex. */
  readonly sha256: string;
  readonly bytes: number;
  /** The version is a model of its own and runs in batches of its own. */
  readonly isModel?: boolean;
}

/** Its file's name below the pool. */
export function fileOf({ id, file }: BrickRef): string {
  return file ?? id;
}

/** The version digest may be `sha256:…`; an id is a file name too, so it has no colon. */
export function brickId(tenantId: string, versionDigest: string): string {
  return `${tenantId}.${versionDigest.replace(/^sha256:/, '')}`;
}
