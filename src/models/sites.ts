/**
 * Where an adapter may plug in. Every linear layer of the trunk that all layers have is a *site*; the sites of one role
 * over all layers form a *site group*, which has its own page pool (design §2a; ADR 0004 says why a role and not a width).
 */
export const SITE_ROLES = ['query', 'key', 'value', 'attention_output', 'ffn_up', 'ffn_down'] as const;
export type SiteRole = (typeof SITE_ROLES)[number];

/** A frozen linear layer W [out, in] + b [out] of the trunk. */
export interface Site {
  /** Hugging Face module path inside the bare model, e.g. `encoder.layer.0.attention.self.query`. */
  readonly module: string;
  readonly role: SiteRole;
  readonly layer: number;
  readonly in: number;
  readonly out: number;
}

/** A layer normalisation: gain `module.weight` and bias `module.bias`, both [width]. */
export interface NormSite {
  readonly module: string;
  /** `embeddings` runs once; `attention` follows attention, `ffn` follows the feed-forward block of `layer`. */
  readonly place: 'embeddings' | 'attention' | 'ffn';
  /** -1 for `embeddings`. */
  readonly layer: number;
  readonly width: number;
}

/** A token-indexed table `module.weight` [rows, width]. */
export interface EmbeddingSite {
  readonly module: string;
  readonly table: 'word' | 'position' | 'token_type';
  readonly rows: number;
  readonly width: number;
}

/** All places of one base model. Heads and pooler are not here: they belong to the head (`heads.ts`). */
export interface SiteTable {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly ffn: number;
  readonly sites: readonly Site[];
  readonly norms: readonly NormSite[];
  readonly embeddings: readonly EmbeddingSite[];
}
