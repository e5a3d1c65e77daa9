import { z } from 'zod';
import { BERT_LAYER, bertKeys, padTokenId, siteTable, tokenTypes } from './bert-layout.js';
import { checkConfig, parseConfig } from './config-rules.js';
import type { Family } from './family.js';

const schema = z.object({ ...bertKeys, pad_token_id: padTokenId.default(1), type_vocab_size: tokenTypes });

/**
 * RoBERTa and XLM-RoBERTa: BERT's layers, positions counted from the padding id + 1 over the tokens that are not padding.
 *
 * Liu et al. 2019, "RoBERTa: A Robustly Optimized BERT Pretraining Approach", arXiv:1907.11692; Conneau et al. 2020,
 * "Unsupervised Cross-lingual Representation Learning at Scale", arXiv:1911.02116.
 */
export const roberta: Family = {
  name: 'roberta',
  modelTypes: ['roberta', 'xlm-roberta'],
  prefix: 'roberta.',
  parseConfig(json) {
    const config = parseConfig(schema, json);
    const pad = config.pad_token_id ?? 1;
    return checkConfig({
      family: 'roberta',
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
      padTokenId: pad,
      positionRule: 'after_pad',
      positionOffset: pad + 1,
    });
  },
  sites: (config) => siteTable(config, BERT_LAYER),
  extraTensors: () => new Map(),
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
