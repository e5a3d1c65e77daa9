import type { RouteTerm } from '../../composition/terms.js';
import type { RegistryService } from '../../registry/registry.service.js';
import type { MemberBrick } from '../member-brick.js';
import type { ServedRoute } from '../served-model.js';

/** A route with what it names. */
export interface AskedRoute {
  readonly term: RouteTerm;
  /** In the order of the term. */
  readonly members: readonly MemberBrick[];
  readonly router?: MemberBrick | undefined;
  /** Its composition's place in the request, which errors name. */
  readonly at: string;
}

/**
 * Finds what a law weighs members by.
 *
 * @throws ValidationError `invalid_composition`  for a member without it, with the reason
 */
export type RouteSource = (asked: AskedRoute, registry: Pick<RegistryService, 'arrowGates'>) => Promise<ServedRoute>;
