import { asArray, buildTagged, type Builder, type JsonObject } from '../json.js';
import { buildBpeDecoder } from './bpe.js';
import { decodeByteFallback } from './byte-fallback.js';
import { decodeByteLevel } from './byte-level.js';
import { buildCtc } from './ctc.js';
import type { Decoder } from './decoder.js';
import { buildMetaspaceDecoder } from './metaspace.js';
import { buildReplaceDecoder } from './replace.js';
import { buildStripDecoder } from './strip.js';
import { buildWordPieceDecoder } from './wordpiece.js';

const BUILDERS: Readonly<Record<string, Builder<Decoder>>> = {
  BPEDecoder: buildBpeDecoder,
  ByteFallback: () => decodeByteFallback,
  ByteLevel: () => decodeByteLevel,
  CTC: buildCtc,
  Fuse: () => (tokens) => [tokens.join('')],
  Metaspace: buildMetaspaceDecoder,
  Replace: buildReplaceDecoder,
  Sequence: buildSequence,
  Strip: buildStripDecoder,
  WordPiece: buildWordPieceDecoder,
};

export function buildDecoder(json: unknown, where = 'decoder'): Decoder {
  return buildTagged(BUILDERS, json, where);
}

function buildSequence(fields: JsonObject, where: string): Decoder {
  const steps = asArray(fields['decoders'], `${where}.decoders`).map((step, i) =>
    buildDecoder(step, `${where}.decoders[${i}]`),
  );
  return (tokens) => steps.reduce((result, step) => step(result), tokens);
}
