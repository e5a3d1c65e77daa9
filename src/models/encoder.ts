import type { Graph, Value } from '../engine/graph.js';
import type { Trunk } from './base-model.js';
import { baseHooks, type RowHooks } from './row-hooks.js';

/** Graph values of one batch, all int32 [batch, seq]. */
export interface EncoderInputs {
  readonly input_ids: Value;
  readonly position_ids: Value;
  /** Needed only where the family has a token-type table. */
  readonly token_type_ids?: Value;
  readonly attention_mask: Value;
}
