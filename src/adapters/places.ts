import type { Family } from '../models/family.js';
import { requireFamily } from '../models/families.js';
import type { HeadLayout } from '../models/head-layout.js';
import type { EmbeddingSite, NormSite, Site } from '../models/sites.js';
import type { AdapterBase } from './adapter-base.js';

/** What a module of a task model is to us. */
export type Place =
  | { readonly kind: 'site'; readonly site: Site }
  | { readonly kind: 'norm'; readonly norm: NormSite }
  | { readonly kind: 'embedding'; readonly site: EmbeddingSite }
  | { readonly kind: 'head'; readonly module: string };

/** Finds modules by the names that task models give them, with or without the prefix of the trunk (`bert.`). */
export class Places {
  readonly family: Family;
  readonly layout: HeadLayout;
  private readonly places = new Map<string, Place>();

  constructor(base: AdapterBase) {
    this.family = requireFamily(base.config.modelType);
    this.layout = this.family.headLayout(base.config);
    for (const site of base.sites.sites) this.places.set(site.module, { kind: 'site', site });
    for (const norm of base.sites.norms) this.places.set(norm.module, { kind: 'norm', norm });
    for (const site of base.sites.embeddings) this.places.set(site.module, { kind: 'embedding', site });
    for (const module of headModules(this.layout)) this.places.set(module, { kind: 'head', module });
  }

  /** The name inside the bare model. */
  canonical(path: string): string {
    return path.startsWith(this.family.prefix) ? path.slice(this.family.prefix.length) : path;
  }

  find(path: string): Place | undefined {
    return this.places.get(this.canonical(path));
  }

  /** Paths of all modules of one kind as a task model (`bert.` …) or a bare model names them. */
  paths(kind: Place['kind'], bare: boolean): string[] {
    const found = [...this.places].filter(([, place]) => place.kind === kind).map(([module]) => module);
    return bare ? found : found.map((module) => this.family.prefix + module);
  }
}

/** Every dense or norm module of the heads; `cls.predictions` for a bias that hangs on no dense module of its own. */
export function headModules({ sequence, token, maskedLm, pooler }: HeadLayout): Set<string> {
  const biasOwner = maskedLm.decoderBias.slice(0, maskedLm.decoderBias.lastIndexOf('.'));
  return new Set([
    sequence.dense,
    sequence.out,
    token.out,
    maskedLm.dense,
    maskedLm.norm,
    maskedLm.decoder,
    biasOwner,
    ...(pooler ? [pooler.dense] : []),
  ]);
}
