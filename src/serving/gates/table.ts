import type { RoutingLaw } from '../../composition/value.js';
import { arrow } from './arrow.js';
import { centroid } from './centroid.js';
import { fitted } from './fitted.js';
import { fusion } from './fusion.js';
import type { RouteSource } from './route-source.js';

/** Where each law finds what it weighs members by. */
export const ROUTE_SOURCES: Readonly<Record<RoutingLaw, RouteSource>> = {
  arrow,
  centroid,
  phatgoose: fitted('phatgoose'),
  mod_squad: fitted('mod_squad'),
  adapter_fusion: fusion,
};
