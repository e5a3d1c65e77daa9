import { IncompatibleAdapterError } from '../common/errors.js';
import type { Dim } from '../engine/dim.js';
import type { Graph, Value } from '../engine/graph.js';
import { concat } from '../engine/ops/concat.js';
import { slice } from '../engine/ops/slice.js';
import { activate } from './activation.js';
import { attention } from './attention.js';
import { additiveMask } from './attention-mask.js';
import type { Trunk } from './base-model.js';
import { embed } from './embeddings.js';
import type { EncoderInputs } from './encoder-inputs.js';
import { Places } from './places.js';
import { relativeBias } from './relative-bias.js';
import { baseHooks, type RowHooks } from './row-hooks.js';

/**
 * The trunk: embeddings, then in each layer x ← LN(x + attention(x)) and x ← LN(x + ffn(x)).
 *
 * Weights become graph weights under their canonical names; `hooks` may change each place (row-hooks.ts). What a row
 * computes does not depend on the other rows or on padding, beyond float rounding.
 *
 * @returns last hidden states [batch, seq, hidden]; those of padding are defined but mean nothing
 * @throws ModelError  when the trunk lacks a weight
 */
export function buildEncoder(graph: Graph, trunk: Trunk, inputs: EncoderInputs, hooks: RowHooks = baseHooks): Value {
  const x = buildEmbeddings(graph, trunk, inputs, hooks);
  return buildLayers(graph, trunk, { x, attention_mask: inputs.attention_mask }, hooks);
}

/** What enters layer 0: [batch, seq, hidden]. */
export function buildEmbeddings(graph: Graph, trunk: Trunk, inputs: EncoderInputs, hooks: RowHooks = baseHooks): Value {
  return embed(new Places(graph, trunk, hooks), inputs);
}

export interface LayerInputs {
  /** What enters the first of the layers, [batch, seq, hidden]. */
  readonly x: Value;
  /** int32 [batch, seq] */
  readonly attention_mask: Value;
}

export interface LayerSpan {
  /** 0 unless given. */
  readonly from?: number;
  /** Exclusive; all unless given. */
  readonly to?: number;
  /** What is asked of the last layer: every position unless given. Keys and values are of every position all the same. */
  readonly asks?: 'all' | 'first';
}

/**
 * Some layers of the trunk alone, see `buildEncoder`.
 *
 * @returns  [batch, seq, hidden], or with `asks: 'first'` [batch, 1, hidden], which spares the last of the layers most of its
 *           work: its queries, its output projection and its feed-forward block are those of one position
 */
export function buildLayers(
  graph: Graph,
  trunk: Trunk,
  inputs: LayerInputs,
  hooks: RowHooks = baseHooks,
  { from = 0, to = trunk.config.layers, asks = 'all' }: LayerSpan = {},
): Value {
  const places = new Places(graph, trunk, hooks);
  const bias = relativeBiasOf(places, inputs.x);
  const masks = maskCache(inputs.attention_mask);
  let { x } = inputs;
  for (let layer = from; layer < to; layer++) {
    const prefix = hooks.prefix(layer);
    if (prefix && bias) {
      throw new IncompatibleAdapterError(
        `prefix tuning: expected a base without relative attention bias, got ${trunk.config.family}`,
      );
    }
    const asked = asks === 'first' && layer === to - 1 ? firstOf(x, 1) : x;
    const query = places.linear('query', layer, asked);
    const key = places.linear('key', layer, x);
    const value = places.linear('value', layer, x);
    const context = attention(
      {
        query,
        key: prefix ? concat([prefix.keys, key], 1) : key,
        value: prefix ? concat([prefix.values, value], 1) : value,
        mask: masks(prefix?.mask),
        ...(bias && { bias: asked === x ? bias : firstOf(bias, 1) }),
      },
      trunk.config.heads,
    );
    x = places.block('attention', layer, places.linear('attention_output', layer, context), asked);
    const inner = activate(places.linear('ffn_up', layer, x), trunk.config.activation);
    x = places.block('ffn', layer, places.linear('ffn_down', layer, inner), x);
  }
  return x;
}

/** The first item along an axis, which stays. */
function firstOf(x: Value, axis: number): Value {
  return slice(x, { starts: [0], ends: [1], axes: [axis] });
}

function relativeBiasOf(places: Places, x: Value): Value | undefined {
  if (places.trunk.config.relativeBuckets === undefined) return undefined;
  const [, seq] = x.shape as readonly [Dim, Dim, Dim];
  return relativeBias(places.weight('encoder.relative_attention_bias.weight'), seq);
}

/** Additive masks by prefix mask: layers that share a prefix mask share the nodes. */
function maskCache(attentionMask: Value): (prefixMask: Value | undefined) => Value {
  const made = new Map<Value | undefined, Value>();
  return (prefixMask) => {
    const known = made.get(prefixMask);
    if (known) return known;
    const mask = additiveMask(prefixMask ? concat([prefixMask, attentionMask], 1) : attentionMask);
    made.set(prefixMask, mask);
    return mask;
  };
}
