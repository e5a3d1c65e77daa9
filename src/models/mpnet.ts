import { z } from 'zod';
import { bertKeys, padTokenId, siteTable, type LayerNames } from './bert-layout.js';
import { checkConfig, parseConfig, tableRows } from './config-rules.js';
import type { Family } from './family.js';
import { RELATIVE_BUCKETS } from './relative-bias.js';

const schema = z.object({
  ...bertKeys,
  pad_token_id: padTokenId.default(1),
  relative_attention_num_buckets: tableRows.min(RELATIVE_BUCKETS).default(RELATIVE_BUCKETS),
});

const LAYER: LayerNames = {
  query: 'encoder.layer.{}.attention.attn.q',
  key: 'encoder.layer.{}.attention.attn.k',
  value: 'encoder.layer.{}.attention.attn.v',
  attention_output: 'encoder.layer.{}.attention.attn.o',
  ffn_up: 'encoder.layer.{}.intermediate.dense',
  ffn_down: 'encoder.layer.{}.output.dense',
  attentionNorm: 'encoder.layer.{}.attention.LayerNorm',
  ffnNorm: 'encoder.layer.{}.output.LayerNorm',
};

/** MPNet counts positions from this id whatever `pad_token_id` says, as the reference implementation does. */
const PADDING_ROW = 1;

/** Song et al. 2020, "MPNet: Masked and Permuted Pre-training for Language Understanding", arXiv:2004.09297. */
export const mpnet: Family = {
  name: 'mpnet',
  modelTypes: ['mpnet'],
  prefix: 'mpnet.',
  parseConfig(json) {
    const config = parseConfig(schema, json);
    return checkConfig({
      family: 'mpnet',
      modelType: config.model_type,
      layers: config.num_hidden_layers,
      hidden: config.hidden_size,
      heads: config.num_attention_heads,
      ffn: config.intermediate_size,
      vocab: config.vocab_size,
      embedding: config.hidden_size,
      positions: config.max_position_embeddings,
      tokenTypes: 0,
      activation: config.hidden_act,
      epsilon: config.layer_norm_eps,
      padTokenId: config.pad_token_id ?? PADDING_ROW,
      positionRule: 'after_pad',
      positionOffset: PADDING_ROW + 1,
      relativeBuckets: config.relative_attention_num_buckets,
    });
  },
  sites: (config) => siteTable(config, LAYER),
  extraTensors: ({ relativeBuckets = 0, heads }) => new Map([['encoder.relative_attention_bias.weight', [relativeBuckets, heads]]]),
  headLayout: ({ epsilon }) => ({
    sequence: { dense: 'classifier.dense', activation: 'tanh', out: 'classifier.out_proj' },
    token: { out: 'classifier' },
    maskedLm: {
      dense: 'lm_head.dense',
      activation: 'gelu',
      norm: 'lm_head.layer_norm',
      epsilon,
      decoder: 'lm_head.decoder',
      decoderBias: 'lm_head.bias',
    },
    pooler: { dense: 'pooler.dense', activation: 'tanh' },
  }),
};
