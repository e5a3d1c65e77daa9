import { beforeAll, describe, expect, it } from 'vitest';
import { loadTinyModel, TINY_MODEL_TYPES } from '../../test/support/tiny-model.js';
import { dimToString } from '../engine/dim.js';
import type { Executor } from '../engine/executors/executor.js';
import { createTfjsExecutor } from '../engine/executors/tfjs.js';
import type { Graph } from '../engine/graph.js';
import { tensor, type Tensor } from '../engine/tensor.js';
import type { BaseModel } from './base-model.js';
import { buildExport, type ExportTask } from './export.js';
import { buildHead, headFeeds, headShape } from './head-graph.js';
import { baseHooks } from './row-hooks.js';

let executor: Executor;
beforeAll(async () => {
  executor = await createTfjsExecutor({ backend: 'cpu' });
});

const feeds = (model: BaseModel): Record<string, Tensor> => {
  const row = (...values: number[]) => tensor('int32', [1, 4], Int32Array.from(values));
  return {
    input_ids: row(2, 9, 8, 3),
    position_ids: row(2, 3, 4, 5),
    attention_mask: row(1, 1, 1, 1),
    ...(model.config.tokenTypes > 0 && { token_type_ids: row(0, 0, 0, 0) }),
  };
};

async function run(graph: Graph, given: Record<string, Tensor>): Promise<Record<string, Tensor>> {
  const program = await executor.compile(graph);
  return program.run(given);
}

describe.each(TINY_MODEL_TYPES)('buildExport of %s', (modelType) => {
  it.each(['sequence', 'token', 'masked_lm'] as const)('%s equals trunk, then head', async (task) => {
    const model = await loadTinyModel({ modelType, task });
    const whole = await run(buildExport(model, { task }), feeds(model));
    const { last_hidden_state } = await run(buildExport(model, { task: 'hidden' }), feeds(model));
    const head = model.heads.sequence ?? model.heads.token ?? model.heads.maskedLm;
    const { hidden } = model.config;
    const rows = task === 'sequence' ? 1 : 4;
    const states = (last_hidden_state!.data as Float32Array).slice(0, rows * hidden);
    const { logits } = await run(buildHead(headShape(head!)), {
      hidden_states: tensor('float32', [rows, hidden], states),
      ...headFeeds(head!),
    });
    expect(whole['logits']!.shape).toEqual(task === 'sequence' ? [1, 3] : [1, 4, logits!.shape[1]]);
    const got = Array.from(whole['logits']!.data);
    got.forEach((value, i) => expect(value).toBeCloseTo(logits!.data[i]!, 5));
  });
});

describe('buildExport', () => {
  it('has symbolic batch and sequence, and holds a tied decoder once', async () => {
    const model = await loadTinyModel({ modelType: 'bert', task: 'masked_lm' });
    const graph = buildExport(model, { task: 'masked_lm' });
    expect(graph.outputs.get('logits')?.shape.map(dimToString)).toEqual(['batch', 'seq', String(model.config.vocab)]);
    expect([...graph.inputs.keys()]).toEqual(['input_ids', 'position_ids', 'token_type_ids', 'attention_mask']);
    expect([...graph.weights.keys()].filter((name) => name.startsWith('head.decoder'))).toEqual(['head.decoder.bias']);
  });

  it.each(['mean', 'cls'] as const)('pools by %s', async (task) => {
    const model = await loadTinyModel({ modelType: 'bert' });
    const { embedding } = await run(buildExport(model, { task }), feeds(model));
    expect(embedding!.shape).toEqual([1, model.config.hidden]);
  });

  it('goes through the hooks it is given, and takes a head in place of the base’s', async () => {
    const model = await loadTinyModel({ modelType: 'bert' });
    const { heads } = await loadTinyModel({ modelType: 'bert', task: 'token', labels: ['x'], seed: 3 });
    const blocks: string[] = [];
    const graph = buildExport(model, {
      task: 'token',
      head: heads.token!,
      hooks: () => ({ ...baseHooks, block: (slot, layer, ...rest) => (blocks.push(`${slot} ${layer}`), baseHooks.block(slot, layer, ...rest)) }),
    });
    expect(graph.outputs.get('logits')?.shape[2]).toBe(1);
    expect(blocks).toHaveLength(4);
  });

  it.each<[ExportTask, string]>([
    ['sequence', 'expected a head of that kind, got none'],
    ['masked_lm', 'expected a head of that kind, got token'],
  ])('refuses %s without its head', async (task, message) => {
    const model = await loadTinyModel({ modelType: 'bert', task: 'token' });
    const given = task === 'masked_lm' ? { head: model.heads.token! } : {};
    expect(() => buildExport(model, { task, ...given })).toThrow(message);
  });
});
