import { IncompatibleAdapterError } from '../common/errors.js';
import { SITE_ROLES, type EmbeddingSite, type NormSite, type Site, type SiteRole } from '../models/sites.js';
import type { AdapterBase, AdapterTask } from './adapter-base.js';
import type {
  BottleneckPages,
  Brick,
  EmbeddingPages,
  LowRankPages,
  NormDeltas,
  PrefixTokens,
  PromptTokens,
  SiteVectors,
} from './brick.js';
import { packEmbedding } from './embedding-pages.js';
import { HeadDraft } from './head-draft.js';
import { packRanks, trimRank } from './pages.js';
import { Places, type Place } from './places.js';
import { unservedModule } from './unserved-modules.js';
import { mergedBias, type ModuleUpdate } from './update.js';
import { expectShape, type FloatTensor } from './weights.js';

/** Where a norm's parameters stand in the delta arrays. */
interface NormParts {
  gain?: Float32Array;
  bias?: Float32Array;
}

/** Gathers what an adapter does, module by module, and cuts it into a brick. */
export class BrickBuilder {
  readonly places: Places;
  readonly head: HeadDraft;
  readonly bottlenecks: BottleneckPages[] = [];
  prefix: PrefixTokens | undefined;
  prompt: PromptTokens | undefined;
  private readonly updates = new Map<Site, ModuleUpdate>();
  private readonly biases = new Map<Site, Float32Array>();
  private readonly norms = new Map<NormSite, NormParts>();
  private readonly embeddings: EmbeddingPages[] = [];
  private readonly seen = new Set<string>();

  constructor(
    readonly base: AdapterBase,
    readonly task: AdapterTask,
  ) {
    this.places = new Places(base);
    this.head = new HeadDraft(base, this.places.layout, task);
  }

  /** @throws IncompatibleAdapterError  when the base has no such module, or none that an adapter may touch */
  requirePlace(path: string): Place {
    const place = this.places.find(path);
    if (place) return place;
    throw new IncompatibleAdapterError(unservedModule(path, this.places, this.base), { param: path });
  }

  /** Widths [in, out] of a module; a table is a layer from one-hot rows. @throws for a norm */
  widths(path: string, place: Place): { readonly in: number; readonly out: number } {
    if (place.kind === 'site') return place.site;
    if (place.kind === 'embedding') return { in: place.site.rows, out: place.site.width };
    if (place.kind === 'norm') throw this.misplaced(path, 'a linear layer', 'a layer norm');
    const [outWidth = 0, inWidth = 0] = this.head.dense(place.module).weight.shape;
    return { in: inWidth, out: outWidth };
  }

  /** The frozen weight [out, in] of a linear layer, of the trunk or of the head. */
  weight(path: string, place: Place): Float32Array {
    if (place.kind === 'site') return this.parameter(`${place.site.module}.weight`).data;
    if (place.kind === 'head') return this.head.dense(place.module).weight.data;
    throw this.misplaced(path, 'a linear layer', `an ${place.kind}`);
  }

  /** Takes the update of one module. */
  update(path: string, place: Place, update: ModuleUpdate): void {
    this.once(path);
    if (update.norm && place.kind !== 'norm') throw this.misplaced(path, 'a layer norm', `a ${place.kind}`);
    switch (place.kind) {
      case 'norm':
        this.updateNorm(path, place.norm, update);
        break;
      case 'head':
        this.head.update(place.module, update);
        break;
      case 'site':
        this.updates.set(place.site, trimmed(update, place.site));
        break;
      case 'embedding':
        this.updateTable(path, place.site, trimmed(update, { in: place.site.rows, out: place.site.width }));
    }
  }

  /** Takes a whole parameter in the place of the base's, e.g. `bert.encoder.layer.0.output.dense.bias`. */
  save(path: string, value: FloatTensor): void {
    this.once(path);
    const at = path.lastIndexOf('.');
    const [module, kind] = [path.slice(0, at), path.slice(at + 1)];
    const place = this.requirePlace(module);
    const name = this.places.canonical(path);
    if (place.kind === 'head') {
      this.head.save(name, value);
      return;
    }
    const own = this.parameter(name);
    expectShape(path, value, own.shape);
    if (place.kind === 'norm') {
      this.updateNorm(path, place.norm, { norm: { [kind === 'weight' ? 'gain' : 'bias']: value.data } });
      return;
    }
    if (place.kind === 'site' && kind === 'bias') {
      this.biases.set(place.site, value.data);
      return;
    }
    const ownData = own.data; // may be read from a file each time it is asked for
    if (value.data.every((number, index) => number === ownData[index])) return;
    const rule = `${path}: a trunk matrix saved whole must equal the base's, got another (a full-rank change of the shared base)`;
    throw new IncompatibleAdapterError(rule, { param: path });
  }

  build(): Brick {
    const lowRank: Partial<Record<SiteRole, LowRankPages>> = {};
    const vectors: Partial<Record<SiteRole, SiteVectors>> = {};
    for (const role of SITE_ROLES) {
      const pages = this.pages(role);
      if (pages.pages > 0) lowRank[role] = pages;
      const found = this.vectors(role);
      if (Object.keys(found).length > 0) vectors[role] = found;
    }
    const blockNorms = this.deltas(({ place }) => place !== 'embeddings');
    const embeddingNorm = this.deltas(({ place }) => place === 'embeddings');
    const head = this.head.build();
    return {
      lowRank,
      embeddings: this.embeddings,
      vectors,
      ...(blockNorms && { blockNorms }),
      ...(embeddingNorm && { embeddingNorm }),
      bottlenecks: this.bottlenecks,
      ...(this.prefix && { prefix: this.prefix }),
      ...(this.prompt && { prompt: this.prompt }),
      ...(head && { head }),
    };
  }

  private group(role: SiteRole): Site[] {
    return this.base.sites.sites.filter((site) => site.role === role).sort((a, b) => a.layer - b.layer);
  }

  private pages(role: SiteRole): LowRankPages {
    const sites = this.group(role);
    const { in: inWidth, out } = sites[0]!;
    const layers = sites.map((site) => this.updates.get(site)?.lowRank);
    return packRanks(layers, inWidth, out);
  }

  private vectors(role: SiteRole): SiteVectors {
    const sites = this.group(role);
    const scale = (field: 'outputScale' | 'inputScale', width: 'out' | 'in'): SiteVectors => {
      if (!sites.some((site) => this.updates.get(site)?.[field])) return {};
      return {
        [field]: joined(sites.map((site) => this.updates.get(site)?.[field] ?? new Float32Array(site[width]).fill(1))),
      };
    };
    const deltas = sites.map((site) => this.biasDelta(site));
    const changed = deltas.some((delta) => delta?.some((value) => value !== 0));
    const bias = changed && joined(deltas.map((delta, at) => delta ?? new Float32Array(sites[at]!.out)));
    return { ...scale('outputScale', 'out'), ...scale('inputScale', 'in'), ...(bias && { bias }) };
  }

  /** c = b' − b, where b' is the saved bias (or the base's) after the update. */
  private biasDelta(site: Site): Float32Array | undefined {
    const saved = this.biases.get(site);
    const update = this.updates.get(site);
    if (!saved && !update?.biasDelta && !update?.scalesBias) return undefined;
    const own = this.parameter(`${site.module}.bias`).data;
    return mergedBias(saved ?? own, update ?? {}).map((value, out) => value - own[out]!);
  }

  private deltas(choose: (norm: NormSite) => boolean): NormDeltas | undefined {
    const norms = this.base.sites.norms.filter(choose);
    if (!norms.some((norm) => this.norms.has(norm))) return undefined;
    const part = (field: 'gain' | 'bias', suffix: string): Float32Array =>
      joined(
        norms.map((norm) => {
          const own = this.parameter(`${norm.module}.${suffix}`).data;
          return (this.norms.get(norm)?.[field] ?? own).map((value, at) => value - own[at]!);
        }),
      );
    return { gain: part('gain', 'weight'), bias: part('bias', 'bias') };
  }

  private updateTable(path: string, site: EmbeddingSite, update: ModuleUpdate): void {
    const { lowRank, outputScale, inputScale, biasDelta } = update;
    if (!lowRank || outputScale || inputScale || biasDelta) {
      throw this.misplaced(path, 'a linear layer', 'an embedding table, which takes low-rank updates only');
    }
    if (lowRank.rank > 0) this.embeddings.push(packEmbedding(site, lowRank));
  }

  private updateNorm(path: string, norm: NormSite, { norm: parts }: ModuleUpdate): void {
    if (!parts) throw this.misplaced(path, 'a linear layer', 'a layer norm');
    this.norms.set(norm, { ...this.norms.get(norm), ...parts });
  }

  private parameter(name: string): FloatTensor {
    const found = this.base.weights.get(name);
    if (found) return found;
    throw new IncompatibleAdapterError(`${name}: the base must have it, got nothing`, { param: name });
  }

  private once(path: string): void {
    const name = this.places.canonical(path);
    if (this.seen.has(name))
      throw new IncompatibleAdapterError(`${path}: each module once, got it twice`, { param: path });
    this.seen.add(name);
  }

  private misplaced(path: string, expected: string, got: string): IncompatibleAdapterError {
    return new IncompatibleAdapterError(`${path}: must be ${expected}, got ${got}`, { param: path });
  }
}

/** With no more ranks than the layer's widths, so that what is kept of an adapter is bounded by its base. */
function trimmed(
  update: ModuleUpdate,
  { in: inWidth, out }: { readonly in: number; readonly out: number },
): ModuleUpdate {
  return update.lowRank ? { ...update, lowRank: trimRank(update.lowRank, inWidth, out) } : update;
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
  let at = 0;
  for (const row of rows) {
    all.set(row, at);
    at += row.length;
  }
  return all;
}
