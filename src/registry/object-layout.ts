import { digestHex, type Digest } from '../common/digest.js';

/** Where the objects of one import lie. */
export interface ImportPlace {
  readonly tenantId: string;
  readonly digest: Digest;
  readonly importId: string;
}

/** Where the objects of one file, data set or checkpoint lie. */
export interface PrefixPlace {
  readonly tenantId: string;
  /** Of the announcement: the id of what the objects belong to. */
  readonly importId: string;
  readonly prefix: string;
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
  return `${packedPrefix(place, base.baseDigest)}${base.formatVersion}.safetensors`;
}

/** What Arrow weighs the packed brick by, derived from it. */
export function arrowKey(
  place: ImportPlace,
  { arrowVersion, ...base }: { baseDigest: string; formatVersion: number; arrowVersion: number },
): string {
  return `${packedPrefix(place, base.baseDigest)}${base.formatVersion}.arrow-v${arrowVersion}.safetensors`;
}

/** Of what was resolved on one base, in every version of the packed form. */
export function packedPrefix(place: ImportPlace, baseDigest: string): string {
  return `${importPrefix(place)}packed/${baseDigest}-v`;
}

/** A tensor of the tenant's models, by its content. */
export function tensorKey(tenantId: string, sha256: string): string {
  return `tenants/${tenantId}/tensors/${sha256}`;
}

/** An uploaded file. */
export function uploadedPlace(tenantId: string, fileId: string): PrefixPlace {
  return { tenantId, importId: fileId, prefix: `tenants/${tenantId}/files/${fileId}/` };
}

export function uploadedKey(tenantId: string, fileId: string): string {
  return `${uploadedPlace(tenantId, fileId).prefix}content`;
}

/** The parts of a prepared data set. */
export function datasetPlace(tenantId: string, datasetId: string): PrefixPlace {
  return { tenantId, importId: datasetId, prefix: `tenants/${tenantId}/datasets/${datasetId}/` };
}

/** The files of one checkpoint of a job. */
export function checkpointPlace(tenantId: string, checkpointId: string): PrefixPlace {
  return { tenantId, importId: checkpointId, prefix: `tenants/${tenantId}/checkpoints/${checkpointId}/` };
}
