import { ModelError } from '../common/errors.js';
import { Graph, type Value } from '../engine/graph.js';
import type { BaseModel } from './base-model.js';
import { buildEncoder } from './encoder.js';
import { encoderInputs } from './encoder-inputs.js';
import { applyHead, headShape, type DenseValues } from './head-graph.js';
import type { Dense, Head } from './heads.js';
import { firstPosition, pool, type Pooling } from './pooling.js';
import { baseHooks, type RowHooks } from './row-hooks.js';

/** What the exported graph answers. */
export type ExportTask = 'hidden' | 'sequence' | 'token' | 'masked_lm' | Pooling;

export interface ExportOptions {
  readonly task: ExportTask;
  /** Places where an adapter changes the base; made for the graph that is being built. */
  readonly hooks?: (graph: Graph) => RowHooks;
  /** In place of the base's own head. */
  readonly head?: Head;
}

/**
 * Trunk and head as one graph with the base's weights inside.
 *
 * Inputs: `input_ids`, `position_ids`, `attention_mask` and, where the family has them, `token_type_ids`, int32
 * [batch, seq]. Output: `last_hidden_state` [batch, seq, hidden], `logits` [batch, labels] or [batch, seq, labels],
 * or `embedding` [batch, hidden], not normalised.
 *
 * @throws ModelError  when neither the base nor the options hold the head that the task needs
 */
export function buildExport(model: BaseModel, { task, hooks, head }: ExportOptions): Graph {
  const graph = new Graph(`${model.family.name}-${task}`);
  const inputs = encoderInputs(graph, model.config);
  const x = buildEncoder(graph, model, inputs, hooks?.(graph) ?? baseHooks);
  if (task === 'hidden') graph.output('last_hidden_state', x);
  else if (task === 'mean' || task === 'cls') graph.output('embedding', pool(x, inputs.attention_mask, task));
  else graph.output('logits', addHead(graph, requireHead(model, task, head), x, model));
  return graph;
}

function requireHead(model: BaseModel, task: Head['kind'], given: Head | undefined): Head {
  const own = { sequence: model.heads.sequence, token: model.heads.token, masked_lm: model.heads.maskedLm }[task];
  const head = given ?? own;
  if (head?.kind === task) return head;
  throw new ModelError(`export: ${task}: expected a head of that kind, got ${head?.kind ?? 'none'}`);
}

function addHead(graph: Graph, head: Head, x: Value, model: BaseModel): Value {
  const dense = (name: string, { weight, bias }: Dense): DenseValues => ({
    weight: headWeight(graph, `head.${name}.weight`, weight, model),
    bias: graph.weight(`head.${name}.bias`, bias),
  });
  const shape = headShape(head);
  if (head.kind === 'token') return applyHead(shape, x, { out: dense('out', head.out) });
  const first = { dense: dense('dense', head.dense) };
  if (head.kind === 'sequence') return applyHead(shape, firstPosition(x), { ...first, out: dense('out', head.out) });
  const gain = graph.weight('head.norm.weight', head.norm.gain);
  const bias = graph.weight('head.norm.bias', head.norm.bias);
  return applyHead(shape, x, { ...first, norm: { gain, bias }, out: dense('decoder', head.decoder) });
}

/** A tied decoder is the word table itself and goes under its name, so that the file holds it once. */
function headWeight(graph: Graph, name: string, weight: Dense['weight'], { weights }: BaseModel): Value {
  const words = 'embeddings.word_embeddings.weight';
  return graph.weight(weights.get(words) === weight ? words : name, weight);
}
