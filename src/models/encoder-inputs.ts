import { dim } from '../engine/dim.js';
import type { Graph, Value } from '../engine/graph.js';
import type { EncoderConfig } from './encoder-config.js';

/** Graph values of one batch, all int32 [batch, seq]. */
export interface EncoderInputs {
  readonly input_ids: Value;
  readonly position_ids: Value;
  /** Needed only where the family has a token-type table. */
  readonly token_type_ids?: Value;
  readonly attention_mask: Value;
}

/** Adds the inputs of a trunk under their own names, with symbolic `batch` and `seq`. */
export function encoderInputs(graph: Graph, { tokenTypes }: Pick<EncoderConfig, 'tokenTypes'>): EncoderInputs {
  const input = (name: string) => graph.input(name, 'int32', [dim('batch'), dim('seq')]);
  return {
    input_ids: input('input_ids'),
    position_ids: input('position_ids'),
    ...(tokenTypes > 0 && { token_type_ids: input('token_type_ids') }),
    attention_mask: input('attention_mask'),
  };
}
