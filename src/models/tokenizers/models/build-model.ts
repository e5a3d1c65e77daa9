import { asObject, buildTagged, type Builder, type JsonObject } from '../json.js';
import { buildBpe } from './bpe.js';
import type { TokenModel } from './token-model.js';
import { buildUnigram } from './unigram.js';
import { buildWordLevel } from './wordlevel.js';
import { buildWordPiece } from './wordpiece.js';

const BUILDERS: Readonly<Record<string, Builder<TokenModel>>> = {
  BPE: buildBpe,
  Unigram: buildUnigram,
  WordLevel: buildWordLevel,
  WordPiece: buildWordPiece,
};

/** Files of 2020 have no `type` in their model; its other keys tell. */
function impliedType(fields: JsonObject): string | undefined {
  if ('merges' in fields) return 'BPE';
  if (Array.isArray(fields['vocab'])) return 'Unigram';
  if ('continuing_subword_prefix' in fields) return 'WordPiece';
  return 'vocab' in fields ? 'WordLevel' : undefined;
}

export function buildModel(json: unknown, where = 'model'): TokenModel {
  const fields = asObject(json, where);
  return buildTagged(BUILDERS, 'type' in fields ? fields : { ...fields, type: impliedType(fields) }, where);
}
