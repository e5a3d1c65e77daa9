import { describe, expect, it } from 'vitest';
import { TINY_MODEL_TYPES, tinyTrunk } from '../../test/support/tiny-model.js';
import { FAMILIES, requireFamily } from './families.js';
import { maxTokens } from './encoder-config.js';
import { trunkShapes } from './trunk-tensors.js';

const BERT = {
  model_type: 'bert',
  num_hidden_layers: 12,
  hidden_size: 768,
  num_attention_heads: 12,
  intermediate_size: 3072,
  vocab_size: 30522,
  max_position_embeddings: 512,
  hidden_act: 'gelu',
  layer_norm_eps: 1e-12,
  pad_token_id: 0,
  type_vocab_size: 2,
};
const DISTILBERT = {
  model_type: 'distilbert',
  n_layers: 6,
  dim: 768,
  n_heads: 12,
  hidden_dim: 3072,
  vocab_size: 30522,
  max_position_embeddings: 512,
  activation: 'gelu',
};

describe('requireFamily', () => {
  it('finds each model type', () => {
    expect(TINY_MODEL_TYPES.map((type) => requireFamily(type).name)).toEqual([
      'bert',
      'roberta',
      'roberta',
      'distilbert',
      'electra',
      'mpnet',
    ]);
  });

  it.each([['gpt2'], ['deberta-v2'], [undefined], [7], ['constructor']])('refuses %j by name', (type) => {
    expect(() => requireFamily(type)).toThrow(
      `model_type: expected one of bert, roberta, xlm-roberta, distilbert, electra, mpnet, got ${type === undefined ? 'nothing' : JSON.stringify(type)}`,
    );
  });
});

describe('parseConfig', () => {
  const parse = (json: { model_type: string; [key: string]: unknown }) => requireFamily(json.model_type).parseConfig(json);

  it('reads BERT', () => {
    expect(parse(BERT)).toEqual({
      family: 'bert',
      modelType: 'bert',
      layers: 12,
      hidden: 768,
      heads: 12,
      ffn: 3072,
      vocab: 30522,
      embedding: 768,
      positions: 512,
      tokenTypes: 2,
      activation: 'gelu',
      epsilon: 1e-12,
      padTokenId: 0,
      positionRule: 'index',
      positionOffset: 0,
    });
  });

  it('counts positions of RoBERTa from the padding id + 1', () => {
    const config = parse({ ...BERT, model_type: 'roberta', pad_token_id: 1, max_position_embeddings: 514 });
    expect(config).toMatchObject({ positionRule: 'after_pad', positionOffset: 2 });
    expect(maxTokens(config)).toBe(512);
  });

  it('counts positions of MPNet from 2 whatever the padding id is', () => {
    const config = parse({ ...BERT, model_type: 'mpnet', pad_token_id: 5 });
    expect(config).toMatchObject({ padTokenId: 5, positionOffset: 2, relativeBuckets: 32, tokenTypes: 0 });
  });

  it('gives DistilBERT no token types and its constant epsilon', () => {
    expect(parse(DISTILBERT)).toMatchObject({ tokenTypes: 0, epsilon: 1e-12, ffn: 3072 });
  });

  it('knows the width of ELECTRA embeddings', () => {
    expect(parse({ ...BERT, model_type: 'electra', embedding_size: 64 }).embedding).toBe(64);
    expect(parse({ ...BERT, model_type: 'electra' }).embedding).toBe(128);
  });

  it.each([
    ['gelu_new', 'gelu_new'],
    ['gelu_pytorch_tanh', 'gelu_new'],
    ['gelu_fast', 'gelu_new'],
    ['swish', 'silu'],
    ['relu', 'relu'],
    ['linear', 'identity'],
  ])('honours hidden_act %s', (hidden_act, activation) => {
    expect(parse({ ...BERT, hidden_act }).activation).toBe(activation);
  });

  it.each([
    [{ hidden_act: 'quick_gelu' }, 'hidden_act: expected one of gelu,'],
    [{ hidden_act: 'constructor' }, 'got "constructor"'],
    [{ position_embedding_type: 'relative_key' }, 'position_embedding_type: expected "absolute", got "relative_key"'],
    [{ is_decoder: true }, 'is_decoder: expected false (an encoder), got true'],
    [{ add_cross_attention: true }, 'add_cross_attention: expected false'],
    [{ is_encoder_decoder: true }, 'is_encoder_decoder: expected false'],
    [{ pruned_heads: { 0: [1] } }, 'pruned_heads: expected no pruned heads, got {"0":[1]}'],
    [{ quantization_config: { bits: 4 } }, 'quantization_config: expected weights that are not quantised'],
    [{ auto_map: { AutoModel: 'x.Y' } }, 'auto_map: expected a model without code of its own'],
    [{ num_attention_heads: 7 }, 'attention heads: expected a divisor of the hidden width 768, got 7'],
    [{ hidden_size: 0 }, 'hidden_size: '],
    [{ hidden_size: 768.5 }, 'hidden_size: '],
    [{ hidden_size: '768' }, 'got "768"'],
    [{ num_hidden_layers: 1e9 }, 'num_hidden_layers: '],
    [{ vocab_size: undefined }, 'vocab_size: '],
    [{ layer_norm_eps: 0 }, 'layer_norm_eps: '],
    [{ pad_token_id: 30522 }, 'pad_token_id: expected less than vocab_size 30522, got 30522'],
    [{ type_vocab_size: -1 }, 'type_vocab_size: '],
    [{ model_type: 'mpnet', relative_attention_num_buckets: 16 }, 'relative_attention_num_buckets: '],
    [{ model_type: 'roberta', max_position_embeddings: 2, pad_token_id: 1 }, 'more than the first position id 2, got 2'],
  ])('refuses %j', (change, message) => {
    expect(() => parse({ ...BERT, ...change })).toThrow(message);
  });
});

describe('trunk tensors', () => {
  it('have the names that Hugging Face gives them', () => {
    const names = (type: string, config: object) => {
      const family = requireFamily(type);
      return [...trunkShapes(family, family.parseConfig({ ...config, model_type: type })).keys()];
    };
    expect(names('distilbert', { ...DISTILBERT, n_layers: 1 }).filter((name) => name.endsWith('.weight'))).toEqual([
      'embeddings.word_embeddings.weight',
      'embeddings.position_embeddings.weight',
      'transformer.layer.0.attention.q_lin.weight',
      'transformer.layer.0.attention.k_lin.weight',
      'transformer.layer.0.attention.v_lin.weight',
      'transformer.layer.0.attention.out_lin.weight',
      'transformer.layer.0.ffn.lin1.weight',
      'transformer.layer.0.ffn.lin2.weight',
      'embeddings.LayerNorm.weight',
      'transformer.layer.0.sa_layer_norm.weight',
      'transformer.layer.0.output_layer_norm.weight',
    ]);
    expect(names('mpnet', { ...BERT, num_hidden_layers: 1 })).toEqual(
      expect.arrayContaining([
        'encoder.relative_attention_bias.weight',
        'encoder.layer.0.attention.attn.o.bias',
        'encoder.layer.0.attention.LayerNorm.weight',
        'encoder.layer.0.output.LayerNorm.bias',
      ]),
    );
    expect(names('electra', { ...BERT, num_hidden_layers: 1 })).toEqual(
      expect.arrayContaining(['embeddings_project.weight', 'encoder.layer.0.attention.self.query.weight']),
    );
    expect(names('electra', { ...BERT, embedding_size: 768 })).not.toContain('embeddings_project.weight');
  });

  it('list norms as embeddings, then attention and ffn of each layer', () => {
    const { norms } = tinyTrunk({ modelType: 'bert' }).sites;
    expect(norms.map(({ place, layer }) => `${place} ${layer}`)).toEqual([
      'embeddings -1',
      'attention 0',
      'ffn 0',
      'attention 1',
      'ffn 1',
    ]);
  });

  it('belong to families with distinct names and types', () => {
    const types = FAMILIES.flatMap(({ modelTypes }) => modelTypes);
    expect(new Set(types).size).toBe(types.length);
  });
});
