import { ShapeError } from '../common/errors.js';
import type { EmbeddingSite, NormSite, Site, SiteRole, SiteTable } from './sites.js';

/** The site of a role in a layer. @throws ShapeError  when the table has none */
export function requireSite(table: SiteTable, role: SiteRole, layer: number): Site {
  return required(table.sites.find((site) => site.role === role && site.layer === layer), `${role} of layer ${layer}`);
}

/** @throws ShapeError  when the table has none */
export function requireNorm(table: SiteTable, place: NormSite['place'], layer: number): NormSite {
  return required(table.norms.find((norm) => norm.place === place && norm.layer === layer), `norm ${place} of layer ${layer}`);
}

export function findEmbedding(table: SiteTable, name: EmbeddingSite['table']): EmbeddingSite | undefined {
  return table.embeddings.find((site) => site.table === name);
}

function required<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw new ShapeError(`site table: expected ${what}, got none`);
  return found;
}
