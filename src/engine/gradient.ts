import { type Node, type Value, nth, shapeFault } from './op.js';
import { add } from './ops/add.js';
import { broadcastTo } from './ops/reduce-sum.js';
import { shapeToString } from './shape.js';

/**
 * Gradients of a scalar by values of the same graph, in reverse mode: walks from the loss back, asks each op for the
 * gradients of its inputs and adds up those that reach one value over several ways. The nodes are added to the graph.
 * Only nodes that lie between `wrt` and the loss are visited, so frozen weights cost nothing.
 *
 * @param loss  float32 []
 * @param wrt   float32 values; intermediate ones too
 * @returns     one gradient for each, in its shape; zeros where the loss does not depend on it
 * @throws ShapeError  when the loss is no scalar or a value is not float32
 */
export function gradients(loss: Value, wrt: readonly Value[]): Value[] {
  if (loss.shape.length > 0) throw shapeFault('gradients', 'loss', '[]', shapeToString(loss.shape));
  for (const value of [loss, ...wrt]) {
    if (value.dtype !== 'float32') throw shapeFault('gradients', 'wrt', 'float32', value.dtype);
  }
  const { graph } = loss;
  const nodes = graph.nodesFor([loss]);
  const reached = dependents(nodes, wrt);
  const sums = new Map([[loss.id, graph.scalar(1)]]);
  for (const node of nodes.reverse()) {
    if (!node.outputs.some((value) => reached.has(value.id))) continue;
    const outputGrads = node.outputs.map((value) => sums.get(value.id));
    if (outputGrads.every((grad) => grad === undefined)) continue;
    for (const [i, grad] of (node.op.gradient?.(node, outputGrads) ?? []).entries()) {
      const { id } = nth(node.inputs, i);
      if (!grad || !reached.has(id)) continue;
      const sum = sums.get(id);
      sums.set(id, sum ? add(sum, grad) : grad);
    }
  }
  return wrt.map((value) => sums.get(value.id) ?? broadcastTo(graph.scalar(0), value.shape));
}

/** Ids of `wrt` and of the float32 values computed from them. */
function dependents(nodes: readonly Node[], wrt: readonly Value[]): Set<number> {
  const reached = new Set(wrt.map((value) => value.id));
  for (const node of nodes) {
    if (!node.inputs.some((value) => reached.has(value.id))) continue;
    for (const value of node.outputs) if (value.dtype === 'float32') reached.add(value.id);
  }
  return reached;
}
