import * as tf from '@tensorflow/tfjs-core';
import { inject } from 'vitest';
import { evaluateDim } from '../../src/engine/dim.js';
import { bindDims, findDimSources } from '../../src/engine/executors/dim-sources.js';
import type { Graph, Value } from '../../src/engine/graph.js';
import type { TfTensor } from '../../src/engine/op.js';
import type { Tensor } from '../../src/engine/tensor.js';

// tfjs-core's CommonJS main registers no gradients; this ES module shares its registry, which is global.
await import(inject('tfjsGradients'));

/**
 * Gradients by tfjs's own autograd, an oracle that shares none of our rules: the forward nodes of `terms` run eagerly
 * on its tape.
 *
 * @param terms  float32 []; the loss is their sum
 * @returns      the gradient by each input in `wrt`
 */
export function tfjsGradients(
  graph: Graph,
  terms: readonly Value[],
  feeds: Readonly<Record<string, Tensor>>,
  wrt: readonly string[],
): Record<string, Float32Array> {
  const dims = bindDims(findDimSources(graph.inputs), (name) => feeds[name]!.shape);
  const loss = (...fed: tf.Tensor[]): tf.Scalar => {
    const values = new Map<number, TfTensor>();
    for (const { value, tensor } of [...graph.constants.values(), ...graph.weights.values()]) {
      values.set(value.id, upload(tensor));
    }
    for (const [name, value] of graph.inputs) {
      const at = wrt.indexOf(name);
      values.set(value.id, at < 0 ? upload(feeds[name]!) : fed[at]!);
    }
    for (const node of graph.nodesFor(terms)) {
      const inputs = node.inputs.map((value) => values.get(value.id)!);
      const outputs = node.op.eager(tf, inputs, node, { dim: (size) => evaluateDim(size, dims) });
      node.outputs.forEach((value, i) => values.set(value.id, outputs[i]!));
    }
    return tf.addN(terms.map((term) => values.get(term.id)!)) as tf.Scalar;
  };
  return tf.tidy(() => {
    const derived = tf.grads(loss)(wrt.map((name) => upload(feeds[name]!)));
    return Object.fromEntries(derived.map((gradient, i) => [wrt[i]!, Float32Array.from(gradient.dataSync())]));
  });
}

function upload({ dtype, shape, data }: Tensor): TfTensor {
  const isByte = dtype === 'int8' || dtype === 'uint8';
  return isByte ? tf.tensor(Int32Array.from(data), [...shape], 'int32') : tf.tensor(data, [...shape], dtype);
}
