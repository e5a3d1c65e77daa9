import type { Value } from '../engine/graph.js';

/** Graph values of one batch, all int32 [batch, seq]. */
export interface EncoderInputs {
  readonly input_ids: Value;
  readonly position_ids: Value;
  /** Needed only where the family has a token-type table. */
  readonly token_type_ids?: Value;
  readonly attention_mask: Value;
}
