import { z } from 'zod';
import { BERT_LAYER, bertKeys, padTokenId, siteTable, tokenTypes } from './bert-layout.js';
import { checkConfig, parseConfig } from './config-rules.js';
import type { Family } from './family.js';

const schema = z.object({ ...bertKeys, pad_token_id: padTokenId.default(0), type_vocab_size: tokenTypes });

/** Devlin et al. 2019, "BERT: Pre-training of Deep Bidirectional Transformers", arXiv:1810.04805. */
export const bert: Family = {
  name: 'bert',
  modelTypes: ['bert'],
  prefix: 'bert.',
  parseConfig(json) {
    const config = parseConfig(schema, json);
    return checkConfig({
      family: 'bert',
      modelType: config.model_type,
      layers: config.num_hidden_layers,
      hidden: config.hidden_size,
      heads: config.num_attention_heads,
      ffn: config.intermediate_size,
      vocab: config.vocab_size,
      embedding: config.hidden_size,
      positions: config.max_position_embeddings,
      tokenTypes: config.type_vocab_size,
      activation: config.hidden_act,
      epsilon: config.layer_norm_eps,
      padTokenId: config.pad_token_id ?? 0,
      positionRule: 'index',
      positionOffset: 0,
    });
  },
  sites: (config) => siteTable(config, BERT_LAYER),
  extraTensors: () => new Map(),
  headLayout: ({ activation, epsilon }) => ({
    sequence: { dense: 'pooler.dense', activation: 'tanh', out: 'classifier' },
    token: { out: 'classifier' },
    maskedLm: {
      dense: 'cls.predictions.transform.dense',
      activation,
      norm: 'cls.predictions.transform.LayerNorm',
      epsilon,
      decoder: 'cls.predictions.decoder',
      decoderBias: 'cls.predictions.bias',
    },
    pooler: { dense: 'pooler.dense', activation: 'tanh' },
  }),
};
