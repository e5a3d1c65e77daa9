import { z } from 'zod';
import { BERT_LAYER, bertKeys, padTokenId, siteTable, tokenTypes } from './bert-layout.js';
import { checkConfig, parseConfig, width } from './config-rules.js';
import type { Family } from './family.js';

const schema = z.object({
  ...bertKeys,
  embedding_size: width.optional(),
  pad_token_id: padTokenId.default(0),
  type_vocab_size: tokenTypes,
});

/**
 * BERT's layers on embeddings of a width of their own, projected to the hidden width where the two differ.
 *
 * Clark et al. 2020, "ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators", arXiv:2003.10555.
 */
export const electra: Family = {
  name: 'electra',
  modelTypes: ['electra'],
  prefix: 'electra.',
  parseConfig(json) {
    const config = parseConfig(schema, json);
    return checkConfig({
      family: 'electra',
      modelType: config.model_type,
      layers: config.num_hidden_layers,
      hidden: config.hidden_size,
      heads: config.num_attention_heads,
      ffn: config.intermediate_size,
      vocab: config.vocab_size,
      embedding: config.embedding_size ?? 128,
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
  extraTensors({ embedding, hidden }) {
    if (embedding === hidden) return new Map();
    return new Map([
      ['embeddings_project.weight', [hidden, embedding]],
      ['embeddings_project.bias', [hidden]],
    ]);
  },
  headLayout: ({ epsilon }) => ({
    sequence: { dense: 'classifier.dense', activation: 'gelu', out: 'classifier.out_proj' },
    token: { out: 'classifier' },
    maskedLm: {
      dense: 'generator_predictions.dense',
      activation: 'gelu',
      norm: 'generator_predictions.LayerNorm',
      epsilon,
      decoder: 'generator_lm_head',
      decoderBias: 'generator_lm_head.bias',
    },
  }),
};
