import { asBool, type JsonObject, optional } from '../json.js';
import type { PostProcessor } from './post-processor.js';
import { trimOffsets } from './trim-offsets.js';

/** Only trims offsets, of byte-level tokens. */
export function buildByteLevelProcessor(fields: JsonObject, where: string): PostProcessor {
  const isTrimmed = asBool(fields['trim_offsets'], `${where}.trim_offsets`);
  const prefixSpace = optional(fields, 'add_prefix_space', where, asBool) ?? true;
  return {
    added: () => 0,
    process: (drafts) => (isTrimmed ? drafts.map((draft) => trimOffsets(draft, prefixSpace)) : drafts),
  };
}
