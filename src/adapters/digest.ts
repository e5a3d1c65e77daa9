import { createHash } from 'node:crypto';
import type { HeadLabels } from '../models/heads.js';
import { canonicalJson, parseConfig, toConfig } from './config.js';

/** The bytes of a file, or their sha256 where that is known. */
export type DigestedFile = Uint8Array | { readonly sha256: string };

/**
 * The content address of an adapter: sha256 over the sorted lines `name sha256` of its canonical files. JSON files count
 * by what they say and not by how it is written; card.json counts only through the labels that came of it.
 *
 * @param labels  what the outputs of its head mean
 * @returns       `sha256:` and 64 hex digits
 */
export function adapterDigest(files: ReadonlyMap<string, DigestedFile>, labels: HeadLabels | undefined): string {
  const lines: string[] = [];
  for (const [name, bytes] of files) {
    if (name === 'card.json') continue;
    if (!(bytes instanceof Uint8Array)) {
      lines.push(`${name} ${bytes.sha256}`);
      continue;
    }
    const content = name.endsWith('.json') ? canonicalJson(parseConfig(bytes, name)) : bytes;
    lines.push(`${name} ${sha256(content)}`);
  }
  if (labels) lines.push(`labels ${sha256(canonicalJson(toConfig({ ...labels })))}`);
  return `sha256:${sha256(lines.sort().join('\n'))}`;
}

function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
