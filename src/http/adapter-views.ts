import { toPublicId } from '../common/public-id.js';
import type { Adapter, AdapterVersion, StoredFile } from '../registry/adapter-version.js';
import type { Lineage } from '../registry/lineage.service.js';
import { toSeconds } from './views.js';

export function adapterView({ id, name, createdAt, aliases }: Adapter) {
  return {
    id,
    object: 'adapter' as const,
    name,
    created_at: toSeconds(createdAt),
    aliases: aliases.map(({ name: alias, digest, movedAt }) => {
      return { name: alias, version: digest, moved_at: toSeconds(movedAt) };
    }),
  };
}

export function versionView({ name, digest, bytes, summary, createdAt }: AdapterVersion) {
  return {
    object: 'adapter.version' as const,
    adapter: name,
    version: digest,
    model: `${name}@${digest}`,
    ...(summary.kind && { kind: summary.kind }),
    method: summary.method,
    task: summary.task,
    labels: summary.labels,
    bytes,
    created_at: toSeconds(createdAt),
    details: summary.details,
  };
}

export function lineageView(name: string, lineage: Lineage) {
  return {
    object: 'adapter.version.lineage' as const,
    model: `${name}@${lineage.digest}`,
    created_at: toSeconds(lineage.createdAt),
    job: toPublicId('ftjob', lineage.jobId),
    base: lineage.baseDigest,
    dataset: lineage.datasetDigest,
    split: lineage.split,
    seed: lineage.seed,
    hyperparameters: lineage.hyperparameters,
    code_version: lineage.codeVersion,
    metrics: lineage.metrics,
    parent: lineage.parentModel,
    card: lineage.card,
  };
}

export function fileView({ name, bytes, sha256 }: StoredFile) {
  return { object: 'adapter.file' as const, name, bytes, sha256 };
}

/** The base, or an adapter under one of the names that requests may use. */
export function modelView(id: string, createdAt: Date, owner: 'tessera' | 'tenant') {
  return { id, object: 'model' as const, created: toSeconds(createdAt), owned_by: owner };
}
