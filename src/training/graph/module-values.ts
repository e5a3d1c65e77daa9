import type { Value } from '../../engine/graph.js';
import { transpose } from '../../engine/ops/transpose.js';
import type { BottleneckValues, RowAdapters } from '../../adapters/rows/row-adapters.js';
import type { RoutedValues } from '../squad/squad-routes.js';

/**
 * What a method does to one module, over trained parameters: the twin of `ModuleUpdate` in a graph. With several runs each
 * value has a leading axis [runs].
 */
export interface ModuleValues {
  /** The method's scale is in `b`. */
  readonly lowRank?: { readonly a: Value /* [rank, in] */; readonly b: Value /* [rank, out] */ };
  readonly outputScale?: Value; // o [out]
  readonly inputScale?: Value; // i [in]
  /** The bias is multiplied by o too. */
  readonly scalesBias?: boolean;
  readonly biasDelta?: Value; // c [out]
}

/** One bottleneck, its scaling in `up` and `upBias`. */
export interface BottleneckParts {
  readonly input: BottleneckValues['input'];
  readonly activation: BottleneckValues['activation'];
  readonly down: Value; // [units, hidden]
  readonly downBias: Value; // [units]
  readonly up: Value; // [units, hidden]
  readonly upBias: Value; // [hidden]
}

/** All that a method does, by canonical names. */
export interface AdapterParts {
  readonly modules?: ReadonlyMap<string, ModuleValues>;
  /** Sites that experts share. */
  readonly routed?: ReadonlyMap<string, RoutedValues>;
  /** Whole tensors in the place of the base's, of trunk and head, e.g. `classifier.weight`. */
  readonly whole?: ReadonlyMap<string, Value>;
  /** By slot and layer, e.g. `ffn.3`. */
  readonly bottlenecks?: ReadonlyMap<string, BottleneckParts>;
  readonly prefix?: { readonly tokens: number; readonly layers: readonly PrefixParts[] };
  readonly prompt?: { readonly tokens: number; readonly embeddings: Value /* [tokens, width] */ };
  /** Of one run: what the row reads in the place of all the above but `whole`. */
  readonly adapters?: RowAdapters;
}

export interface PrefixParts {
  readonly keys: Value; // [tokens, hidden]
  readonly values: Value; // [tokens, hidden]
}

/** The last two axes exchanged. */
export function swapLast(x: Value): Value {
  const axes = [...x.shape.keys()];
  return transpose(x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}
