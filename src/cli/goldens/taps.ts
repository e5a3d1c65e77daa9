import { dim } from '../../engine/dim.js';
import { Graph, type Value } from '../../engine/graph.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import { activate } from '../../models/activation.js';
import { buildEncoder } from '../../models/encoder.js';
import { positionIds } from '../../models/position-ids.js';
import { baseHooks, type RowHooks } from '../../models/row-hooks.js';
import { gather } from '../../engine/ops/gather.js';
import { linear } from '../../engine/ops/linear.js';
import type { OpenBase } from './base-pool.js';
import { maxDifference, rowOf, sliceOf } from './difference.js';
import type { Expected } from './golden-set.js';

interface TextRow {
  readonly inputIds: Int32Array;
  readonly tokenTypeIds: Int32Array;
}

/**
 * The values inside the trunk that feature cases name: the embeddings, the first layer's output and attention, and the
 * pooler. Compared for real tokens only.
 */
export async function tappedTensors(
  base: OpenBase,
  texts: readonly TextRow[],
  expected: ReadonlyMap<string, Expected>,
): Promise<number[]> {
  const graph = tappedGraph(base, expected.has('pooler_output'));
  const program = await base.executor.compile(graph);
  const got = await program.run(feedsOf(graph, base, texts)).finally(() => program.dispose());
  return texts.flatMap(({ inputIds }, row) =>
    [...graph.outputs.keys()].flatMap((name) => {
      const wanted = expected.get(name);
      const held = got[name];
      if (!wanted || !held) return [];
      const have: Expected = { shape: held.shape, data: held.data as Float32Array };
      const length = inputIds.length;
      if (name === 'pooler_output') return [maxDifference(rowOf(have, row), rowOf(wanted, row))];
      if (name !== 'attentions.0') {
        return [maxDifference(sliceOf(have, row, 0, length), sliceOf(wanted, row, 0, length))];
      }
      return [attentionDifference(have, wanted, row, length)];
    }),
  );
}

/** Rows of real queries only: [heads, queries, keys]. */
function attentionDifference(have: Expected, wanted: Expected, row: number, length: number): number {
  const [, heads = 0, queries = 0, keys = 0] = wanted.shape;
  const [a, b] = [rowOf(have, row), rowOf(wanted, row)];
  let largest = 0;
  for (let head = 0; head < heads; head++) {
    const from = head * queries * keys;
    const to = from + length * keys;
    largest = Math.max(largest, maxDifference(a.subarray(from, to), b.subarray(from, to)));
  }
  return largest;
}

function tappedGraph({ model }: OpenBase, hasPooler: boolean): Graph {
  const graph = new Graph('taps');
  const shape = [dim('batch'), dim('seq')];
  const input = (name: string): Value => graph.input(name, 'int32', shape);
  const states: Value[] = []; // what enters each layer
  const hooks: RowHooks = {
    ...baseHooks,
    linear: (site, x, weight, bias) => {
      if (site.role === 'query') states.push(x);
      return baseHooks.linear(site, x, weight, bias);
    },
  };
  const hidden = buildEncoder(
    graph,
    model,
    {
      input_ids: input('input_ids'),
      position_ids: input('position_ids'),
      attention_mask: input('attention_mask'),
      ...(model.config.tokenTypes > 0 && { token_type_ids: input('token_type_ids') }),
    },
    hooks,
  );
  const softmax = graph.nodes.find((node) => node.op.name === 'softmax');
  graph.output('attentions.0', softmax!.outputs[0]!);
  graph.output('hidden_states.0', states[0]!);
  graph.output('hidden_states.1', states[1] ?? hidden);
  if (hasPooler && model.pooler) {
    const { dense, activation } = model.pooler;
    const first = gather(hidden, graph.constant(tensor('int32', [], Int32Array.of(0))), 1); // [batch, hidden]
    const pooled = linear(first, graph.constant(dense.weight), graph.constant(dense.bias));
    graph.output('pooler_output', activate(pooled, activation));
  }
  return graph;
}

function feedsOf(graph: Graph, { model }: OpenBase, texts: readonly TextRow[]): Record<string, Tensor> {
  const seq = Math.max(...texts.map(({ inputIds }) => inputIds.length));
  const pack = (fill: number, row: (text: TextRow) => Int32Array): Tensor => {
    const data = new Int32Array(texts.length * seq).fill(fill);
    texts.forEach((text, i) => data.set(row(text), i * seq));
    return tensor('int32', [texts.length, seq], data);
  };
  const all: Record<string, Tensor> = {
    input_ids: pack(model.config.padTokenId, (text) => text.inputIds),
    position_ids: pack(0, (text) => positionIds(model.config, text.inputIds)),
    token_type_ids: pack(0, (text) => text.tokenTypeIds),
    attention_mask: pack(0, (text) => new Int32Array(text.inputIds.length).fill(1)),
  };
  return Object.fromEntries(Object.entries(all).filter(([name]) => graph.inputs.has(name)));
}
