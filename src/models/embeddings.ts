import { ShapeError } from '../common/errors.js';
import type { Value } from '../engine/graph.js';
import { add } from '../engine/ops/add.js';
import { gather } from '../engine/ops/gather.js';
import type { EncoderInputs } from './encoder-inputs.js';
import type { Places } from './places.js';
import { findEmbedding } from './site-lookup.js';
import type { EmbeddingSite } from './sites.js';

/**
 * LN(word[ids] + token_type[types] + position[positions]), projected to the hidden width where the tables are narrower
 * (ELECTRA). Each lookup passes through the `embedding` hook.
 *
 * @returns [batch, seq, hidden]
 * @throws ShapeError  when the family has token types and `token_type_ids` is not given
 */
export function embed(places: Places, inputs: EncoderInputs): Value {
  const { config } = places.trunk;
  const tables: [EmbeddingSite['table'], Value | undefined][] = [
    ['word', inputs.input_ids],
    ['token_type', inputs.token_type_ids],
    ['position', inputs.position_ids],
  ];
  const sum = tables
    .map(([table, ids]) => lookUp(places, table, ids))
    .filter((rows) => rows !== undefined)
    .reduce((total, rows) => add(total, rows));
  const x = places.norm('embeddings', -1, sum);
  return config.embedding === config.hidden ? x : places.plainLinear('embeddings_project', x);
}

function lookUp(places: Places, table: EmbeddingSite['table'], ids: Value | undefined): Value | undefined {
  const site = findEmbedding(places.trunk.sites, table);
  if (!site) return undefined;
  if (!ids) throw new ShapeError(`encoder: ${table} ids: expected a value, got none`);
  return places.hooks.embedding(site, gather(places.weight(`${site.module}.weight`), ids, 0), ids);
}
