import { z } from 'zod';
import { activation, epsilon, layerCount, tableRows, tokenId, width } from './config-rules.js';
import type { EncoderConfig } from './encoder-config.js';
import type { EmbeddingSite, NormSite, Site, SiteRole, SiteTable } from './sites.js';

/** The keys that BERT, RoBERTa, ELECTRA and MPNet spell alike. */
export const bertKeys = {
  model_type: z.string(),
  num_hidden_layers: layerCount,
  hidden_size: width,
  num_attention_heads: width,
  intermediate_size: width,
  vocab_size: tableRows,
  max_position_embeddings: tableRows,
  hidden_act: activation.default('gelu'),
  layer_norm_eps: epsilon.default(1e-12),
};
export const padTokenId = tokenId.nullable();
export const tokenTypes = tableRows.default(2);

/** Names of the modules of one layer, with `{}` for its number. */
export type LayerNames = Record<SiteRole | 'attentionNorm' | 'ffnNorm', string>;

export const BERT_LAYER: LayerNames = {
  query: 'encoder.layer.{}.attention.self.query',
  key: 'encoder.layer.{}.attention.self.key',
  value: 'encoder.layer.{}.attention.self.value',
  attention_output: 'encoder.layer.{}.attention.output.dense',
  ffn_up: 'encoder.layer.{}.intermediate.dense',
  ffn_down: 'encoder.layer.{}.output.dense',
  attentionNorm: 'encoder.layer.{}.attention.output.LayerNorm',
  ffnNorm: 'encoder.layer.{}.output.LayerNorm',
};

/** The site table of a post-norm encoder whose embeddings lie under `embeddings.`, its layers named by `names`. */
export function siteTable(config: EncoderConfig, names: LayerNames): SiteTable {
  const { layers, hidden, heads, ffn, embedding } = config;
  const sites: Site[] = [];
  const norms: NormSite[] = [{ module: 'embeddings.LayerNorm', place: 'embeddings', layer: -1, width: embedding }];
  for (let layer = 0; layer < layers; layer++) {
    const site = (role: SiteRole, inWidth: number, outWidth: number): Site => {
      return { module: moduleOf(names[role], layer), role, layer, in: inWidth, out: outWidth };
    };
    sites.push(
      site('query', hidden, hidden),
      site('key', hidden, hidden),
      site('value', hidden, hidden),
      site('attention_output', hidden, hidden),
      site('ffn_up', hidden, ffn),
      site('ffn_down', ffn, hidden),
    );
    norms.push(
      { module: moduleOf(names.attentionNorm, layer), place: 'attention', layer, width: hidden },
      { module: moduleOf(names.ffnNorm, layer), place: 'ffn', layer, width: hidden },
    );
  }
  return { layers, hidden, heads, ffn, sites, norms, embeddings: embeddingSites(config) };
}

function embeddingSites({ vocab, positions, tokenTypes: types, embedding }: EncoderConfig): EmbeddingSite[] {
  const site = (table: EmbeddingSite['table'], rows: number): EmbeddingSite => {
    return { module: `embeddings.${table}_embeddings`, table, rows, width: embedding };
  };
  const tables = [site('word', vocab), site('position', positions)];
  return types === 0 ? tables : [...tables, site('token_type', types)];
}

function moduleOf(pattern: string, layer: number): string {
  return pattern.replace('{}', String(layer));
}
