import type { Site, SiteRole } from '../../models/sites.js';

/** A site whose update is shared out among experts. */
export interface SquadPlace {
  readonly role: SiteRole;
  readonly layer: number;
  /** Ends the names of its tensors, e.g. `query.3`. */
  readonly name: string;
}

/** Experts shared by tasks, with a router for each task and place. */
export interface SquadShape {
  readonly experts: number;
  /** Experts that a token goes to. */
  readonly topK: number;
  readonly temperature: number;
  /** In the order of the routers' first axis. */
  readonly tasks: readonly string[];
  readonly places: readonly SquadPlace[];
}

export function squadPlace({ role, layer }: Pick<Site, 'role' | 'layer'>): SquadPlace {
  return { role, layer, name: `${role}.${layer}` };
}

/** The state tensor [tasks, experts] that keeps how a place is used; see `usageAfter`. */
export function usageName({ name }: Pick<SquadPlace, 'name'>): string {
  return `usage.${name}`;
}
