import { ModelError } from '../common/errors.js';
import type { Family } from './family.js';

/** Buffers that some versions save beside the weights; they hold 0, 1, 2, … or zeros. */
const BUFFERS: ReadonlySet<string> = new Set(['embeddings.position_ids', 'embeddings.token_type_ids']);
/** Where the trunk's tensors lie, in every family. */
const TRUNK_FOLDERS = ['embeddings.', 'embeddings_project.', 'encoder.', 'transformer.'];

/**
 * The canonical name of a tensor: the head model's prefix taken off and the old norm names `gamma` and `beta` replaced.
 * Nothing for a buffer.
 */
export function canonicalName(family: Pick<Family, 'prefix'>, name: string): string | undefined {
  const bare = name.startsWith(family.prefix) ? name.slice(family.prefix.length) : name;
  if (BUFFERS.has(bare)) return undefined;
  return bare.replace(/\.gamma$/, '.weight').replace(/\.beta$/, '.bias');
}

export function isTrunkName(canonical: string): boolean {
  return TRUNK_FOLDERS.some((folder) => canonical.startsWith(folder));
}

/**
 * Renames tensors to canonical names.
 *
 * @throws ModelError  when two tensors of the files have one canonical name
 */
export function canonicalise<T>(family: Pick<Family, 'prefix'>, tensors: ReadonlyMap<string, T>): Map<string, T> {
  const renamed = new Map<string, T>();
  const origins = new Map<string, string>();
  for (const [name, held] of tensors) {
    const canonical = canonicalName(family, name);
    if (canonical === undefined) continue;
    const first = origins.get(canonical);
    if (first !== undefined) {
      throw new ModelError(`weights: ${canonical}: expected one tensor, got two: ${first} and ${name}`);
    }
    origins.set(canonical, name);
    renamed.set(canonical, held);
  }
  return renamed;
}
