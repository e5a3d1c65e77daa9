import { describe, expect, it } from 'vitest';
import { adapterBase } from '../../test/support/adapter-base.js';
import { bottleneckTensors, hubAdapter } from '../../test/support/hub-adapter.js';
import { bertHead, loraAdapter, peftAdapter, QUERY, randomTensors } from '../../test/support/peft-adapter.js';
import { writeSafetensors } from '../engine/io/safetensors.js';
import { importAdapter } from './import.js';
import { brickArrays, brickBytes, packBrick, unpackBrick } from './packed.js';

const base = adapterBase();
const MLM = {
  'base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight': [4, 12],
  'base_model.model.bert.encoder.layer.0.attention.self.query.lora_B.weight': [12, 4],
  'base_model.model.cls.predictions.transform.dense.weight': [12, 12],
  'base_model.model.cls.predictions.transform.dense.bias': [12],
};

const files = {
  'low rank, head and vectors': loraAdapter({ lora_bias: true }, (tensors) =>
    Object.assign(tensors, randomTensors({ [`${QUERY(0)}.lora_B.bias`]: [12], [`${QUERY(1)}.lora_B.bias`]: [12] })),
  ),
  'a bottleneck without a head': hubAdapter({
    config: { mh_adapter: true, output_adapter: true, reduction_factor: 4, non_linearity: 'gelu' },
    tensors: bottleneckTensors(
      [0, 1].flatMap((layer) => [`encoder.layer.${layer}.output`, `encoder.layer.${layer}.attention.output`]),
      3,
    ),
  }),
  prefix: peftAdapter(
    { peft_type: 'PREFIX_TUNING', num_virtual_tokens: 3, num_layers: 2, token_dim: 12, num_attention_heads: 3 },
    randomTensors({ prompt_embeddings: [3, 48] }),
  ),
  prompt: peftAdapter(
    { peft_type: 'PROMPT_TUNING', num_virtual_tokens: 3, token_dim: 12 },
    randomTensors({ prompt_embeddings: [3, 12] }),
  ),
  'a table and norms': peftAdapter(
    { peft_type: 'LORA', r: 2, bias: 'all', task_type: 'SEQ_CLS', target_modules: ['position_embeddings'] },
    randomTensors({
      'base_model.model.bert.embeddings.position_embeddings.lora_embedding_A': [2, 40],
      'base_model.model.bert.embeddings.position_embeddings.lora_embedding_B': [12, 2],
      'base_model.model.bert.embeddings.LayerNorm.bias': [12],
      'base_model.model.bert.encoder.layer.1.output.LayerNorm.bias': [12],
      ...bertHead(),
    }),
  ),
  'a masked-language-model head': peftAdapter(
    {
      peft_type: 'LORA',
      r: 4,
      target_modules: '.*layer.0.*query',
      modules_to_save: ['transform.dense'],
      auto_mapping: { base_model_class: 'BertForMaskedLM' },
    },
    randomTensors(MLM),
  ),
};

describe('a packed brick', () => {
  it.each(Object.entries(files))('gives back %s', (_name, adapter) => {
    const { brick, report } = importAdapter(adapter, base);
    expect(unpackBrick(packBrick(brick))).toEqual(brick);
    expect(report.residentBytes).toBe(brickBytes(brick));
    expect(brickBytes(brick)).toBe(brickArrays(brick).reduce((sum, [, data]) => sum + 4 * data.length, 0));
  });

  it('gives back gate vectors, alone or beside pages', () => {
    const { brick } = importAdapter(files['low rank, head and vectors'], base);
    const gates = { query: Float32Array.of(1, 2, 3), ffn_block: Float32Array.of(4) };
    const alone = { lowRank: {}, embeddings: [], vectors: {}, bottlenecks: [], gates };
    expect(unpackBrick(packBrick({ ...brick, gates }))).toEqual({ ...brick, gates });
    expect(unpackBrick(packBrick(alone))).toEqual(alone);
    expect(brickBytes(alone)).toBe(16);
  });

  it('is the same bytes every time', () => {
    const { brick } = importAdapter(files['low rank, head and vectors'], base);
    expect(packBrick(brick)).toEqual(packBrick(brick));
  });

  it('refuses another version and a file that is no brick', () => {
    expect(() => unpackBrick(writeSafetensors(new Map(), { 'tessera.brick': '0' }))).toThrow(
      'version must be 2, got 0',
    );
    expect(() => unpackBrick(writeSafetensors(new Map()))).toThrow('version must be 2, got none');
    expect(() => unpackBrick(writeSafetensors(new Map(), { 'tessera.brick': '2' }))).toThrow(
      'metadata headFromBase: must be JSON',
    );
    expect(() => unpackBrick(new Uint8Array(3))).toThrow();
  });
});
