import { codePointSlicer } from '../../common/code-points.js';
import type { Example } from './example.js';
import { normalizeText } from './normalize-text.js';
import { mix32 } from './shingles.js';

/**
 * 32 bits that tell whether two rows of like texts say the same: their label, labels or value, or the entities in order
 * by label and text (their places may differ by white space). Of two that differ, one in 4·10⁹ is taken for the same.
 */
export function targetFingerprint(example: Example): number {
  const { label, labels, value, entities } = example;
  if (entities) {
    const slice = codePointSlicer(example.text);
    return fingerprint(entities.flatMap((span) => [span.label, normalizeText(slice(span.start, span.end))]));
  }
  return fingerprint(labels ?? [label ?? '', value === undefined ? '' : String(value)]);
}

function fingerprint(parts: readonly string[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    for (let at = 0; at < part.length; at++) hash = Math.imul(hash ^ part.charCodeAt(at), 0x01000193);
    hash = mix32(hash);
  }
  return mix32(hash ^ parts.length);
}
