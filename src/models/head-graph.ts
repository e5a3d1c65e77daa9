import { dim } from '../engine/dim.js';
import { Graph, type Value } from '../engine/graph.js';
import { layerNorm } from '../engine/ops/layer-norm.js';
import { linear } from '../engine/ops/linear.js';
import type { Tensor } from '../engine/tensor.js';
import { activate } from './activation.js';
import type { Activation, Dense, Head } from './heads.js';

/** What the program of a head depends on: heads of equal shape keys run on one program. */
export type HeadShape =
  | { readonly kind: 'sequence'; readonly activation: Activation }
  | { readonly kind: 'token' }
  | { readonly kind: 'masked_lm'; readonly activation: Activation; readonly epsilon: number };

export function headShape(head: Head): HeadShape {
  if (head.kind === 'token') return { kind: head.kind };
  if (head.kind === 'sequence') return { kind: head.kind, activation: head.activation };
  return { kind: head.kind, activation: head.activation, epsilon: head.norm.epsilon };
}

/** One name for each program, e.g. `sequence-tanh`. */
export function headKey(shape: HeadShape): string {
  return Object.values(shape).join('-');
}

/**
 * The program of a head: `hidden_states` [rows, hidden] → `logits` [rows, labels or vocabulary]. Weights are graph inputs
 * with sizes of their own (`headFeeds`), so one compiled program serves every head of its shape.
 *
 * sequence: out(act(dense(x))) · token: out(x) · masked_lm: decoder(LN(act(dense(x))))
 */
export function buildHead(shape: HeadShape): Graph {
  const graph = new Graph(`head-${headKey(shape)}`);
  const x = graph.input('hidden_states', 'float32', [dim('rows'), dim('hidden')]);
  graph.output('logits', applyHead(shape, x, headInputs(graph, shape)));
  return graph;
}

/** The head's weights under the names of the program's inputs: views, not copies. */
export function headFeeds(head: Head): Record<string, Tensor<'float32'>> {
  const feed = (name: string, { weight, bias }: Dense) => ({ [`${name}_weight`]: weight, [`${name}_bias`]: bias });
  if (head.kind === 'token') return feed('out', head.out);
  if (head.kind === 'sequence') return { ...feed('dense', head.dense), ...feed('out', head.out) };
  const norm = { norm_gain: head.norm.gain, norm_bias: head.norm.bias };
  return { ...feed('dense', head.dense), ...norm, ...feed('out', head.decoder) };
}

/** Values of a head's weights, whatever they come from. */
export interface HeadValues {
  readonly out: DenseValues;
  readonly dense?: DenseValues;
  readonly norm?: { readonly gain: Value; readonly bias: Value };
}

export interface DenseValues {
  readonly weight: Value;
  readonly bias: Value;
}

/**
 * A head on hidden states, see `buildHead`.
 *
 * @param x [..., hidden]
 * @returns [..., labels]
 */
export function applyHead(shape: HeadShape, x: Value, { out, dense, norm }: HeadValues): Value {
  let y = x;
  if (dense && shape.kind !== 'token') y = activate(linear(y, dense.weight, dense.bias), shape.activation);
  if (norm && shape.kind === 'masked_lm') y = layerNorm(y, norm.gain, norm.bias, shape.epsilon);
  return linear(y, out.weight, out.bias);
}

function headInputs(graph: Graph, { kind }: HeadShape): HeadValues {
  const input = (name: string, ...sizes: string[]) => graph.input(name, 'float32', sizes.map(dim));
  const dense = (name: string, outWidth: string, inWidth: string): DenseValues => {
    return { weight: input(`${name}_weight`, outWidth, inWidth), bias: input(`${name}_bias`, outWidth) };
  };
  if (kind === 'token') return { out: dense('out', 'labels', 'hidden') };
  // The dense layer of a masked-LM head may be narrower than the trunk (ELECTRA).
  const values = { dense: dense('dense', 'inner', 'hidden'), out: dense('out', 'labels', 'inner') };
  if (kind === 'sequence') return values;
  return { ...values, norm: { gain: input('norm_gain', 'inner'), bias: input('norm_bias', 'inner') } };
}
