import type { Value } from '../engine/graph.js';
import { layerNorm } from '../engine/ops/layer-norm.js';
import { linear } from '../engine/ops/linear.js';
import { add } from '../engine/ops/add.js';
import type { EmbeddingSite, NormSite, Site } from './sites.js';

/** Keys and values put before the sequence of one layer. */
export interface PrefixValues {
  readonly keys: Value; // [batch, prefix, hidden], heads not yet split
  readonly values: Value; // [batch, prefix, hidden]
  readonly mask: Value; // int32 [batch, prefix], 1 where the row has that token
}

/**
 * The places where the rows of a batch may differ from the frozen base. The encoder calls a hook at each place with the
 * base's own values and goes on with what the hook returns; `baseHooks` is the base itself.
 */
export interface RowHooks {
  /** A tensor of the trunk that stands in the place of the base's own of that name, where it is trained itself. */
  weight?(name: string): Value | undefined;
  /**
   * Rows looked up in an embedding table, before they are summed and normalised.
   *
   * @param rows [batch, seq, width]  table[ids]
   * @param ids  int32 [batch, seq]
   * @returns    [batch, seq, width]; for the word table virtual tokens may stand in the place of rows
   */
  embedding(site: EmbeddingSite, rows: Value, ids: Value): Value;
  /**
   * A frozen linear layer.
   *
   * @param x      [batch, seq, in]
   * @param weight [out, in]
   * @param bias   [out], absent where the base has none
   * @returns      [batch, seq, out]
   */
  linear(site: Site, x: Value, weight: Value, bias: Value | undefined): Value;
  /**
   * A layer normalisation over the last axis.
   *
   * @param x [batch, seq, width]; gain and bias are [width]
   */
  norm(site: NormSite, x: Value, gain: Value, bias: Value, epsilon: number): Value;
  /** Keys and values before the sequence of `layer`, or nothing. */
  prefix(layer: number): PrefixValues | undefined;
  /**
   * The end of a block: LN(h + i) in the base. `norm` may be called more than once and goes through the `norm` hook.
   *
   * @param output   h [batch, seq, hidden], the dense output of attention or feed-forward
   * @param residual i [batch, seq, hidden], what entered the block
   */
  block(slot: BlockSlot, layer: number, output: Value, residual: Value, norm: (x: Value) => Value): Value;
}

export type BlockSlot = 'attention' | 'ffn';

/** Every row is the bare base. */
export const baseHooks: RowHooks = {
  embedding: (_site, rows) => rows,
  linear: (_site, x, weight, bias) => linear(x, weight, bias),
  norm: (_site, x, gain, bias, epsilon) => layerNorm(x, gain, bias, epsilon),
  prefix: () => undefined,
  block: (_slot, _layer, output, residual, norm) => norm(add(output, residual)),
};
