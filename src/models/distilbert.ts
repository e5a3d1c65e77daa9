import { z } from 'zod';
import { siteTable, padTokenId, type LayerNames } from './bert-layout.js';
import { activation, checkConfig, layerCount, parseConfig, tableRows, width } from './config-rules.js';
import type { Family } from './family.js';

const schema = z.object({
  model_type: z.string(),
  n_layers: layerCount,
  dim: width,
  n_heads: width,
  hidden_dim: width,
  vocab_size: tableRows,
  max_position_embeddings: tableRows,
  activation: activation.default('gelu'),
  pad_token_id: padTokenId.default(0),
});

const LAYER: LayerNames = {
  query: 'transformer.layer.{}.attention.q_lin',
  key: 'transformer.layer.{}.attention.k_lin',
  value: 'transformer.layer.{}.attention.v_lin',
  attention_output: 'transformer.layer.{}.attention.out_lin',
  ffn_up: 'transformer.layer.{}.ffn.lin1',
  ffn_down: 'transformer.layer.{}.ffn.lin2',
  attentionNorm: 'transformer.layer.{}.sa_layer_norm',
  ffnNorm: 'transformer.layer.{}.output_layer_norm',
};

/** Not a key of its config: every norm of DistilBERT has this constant. */
const EPSILON = 1e-12;

/** Sanh et al. 2019, "DistilBERT, a distilled version of BERT", arXiv:1910.01108: no token types, no pooler. */
export const distilbert: Family = {
  name: 'distilbert',
  modelTypes: ['distilbert'],
  prefix: 'distilbert.',
  parseConfig(json) {
    const config = parseConfig(schema, json);
    return checkConfig({
      family: 'distilbert',
      modelType: config.model_type,
      layers: config.n_layers,
      hidden: config.dim,
      heads: config.n_heads,
      ffn: config.hidden_dim,
      vocab: config.vocab_size,
      embedding: config.dim,
      positions: config.max_position_embeddings,
      tokenTypes: 0,
      activation: config.activation,
      epsilon: EPSILON,
      padTokenId: config.pad_token_id ?? 0,
      positionRule: 'index',
      positionOffset: 0,
    });
  },
  sites: (config) => siteTable(config, LAYER),
  extraTensors: () => new Map(),
  headLayout: (config) => ({
    sequence: { dense: 'pre_classifier', activation: 'relu', out: 'classifier' },
    token: { out: 'classifier' },
    maskedLm: {
      dense: 'vocab_transform',
      activation: config.activation,
      norm: 'vocab_layer_norm',
      epsilon: EPSILON,
      decoder: 'vocab_projector',
      decoderBias: 'vocab_projector.bias',
    },
  }),
};
