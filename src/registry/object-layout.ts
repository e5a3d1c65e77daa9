import { digestHex, type Digest } from '../common/digest.js';

/** Where the objects of one import lie. */
export interface ImportPlace {
  readonly tenantId: string;
  readonly digest: Digest;
  readonly importId: string;
}

/** Of one import and no other: what is below it can be removed when its version is. */
export function importPrefix({ tenantId, digest, importId }: ImportPlace): string {
  return `tenants/${tenantId}/adapters/${digestHex(digest)}/${importId}/`;
}

/** A file as it was uploaded. */
export function fileKey(place: ImportPlace, name: string): string {
  return `${importPrefix(place)}files/${name}`;
}

/** The brick as it is resolved on one base, in one version of the packed form. */
export function packedKey(place: ImportPlace, base: { baseDigest: string; formatVersion: number }): string {
  return `${importPrefix(place)}packed/${base.baseDigest}-v${base.formatVersion}.safetensors`;
}
