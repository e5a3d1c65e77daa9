import { ROUTER_LAWS } from '../adapters/routing/router-files.js';
import { shortened } from '../common/schema-issue.js';
import { MAX_DEPTH, MAX_MEMBERS, MAX_TOKEN, MAX_WEIGHT } from './bounds.js';
import { invalidComposition } from './invalid.js';
import { parseMember } from './member.js';
import { checkNesting } from './nesting.js';
import { childrenOf, kindOf, type Composition, type Part, type Route, type RoutingLaw } from './value.js';

const HAS_ROUTERS: readonly RoutingLaw[] = [...ROUTER_LAWS, 'adapter_fusion'];

/**
 * Every rule of a composition that needs no look-up: names, nestings, finite weights, ranges, options of routes, bounds.
 *
 * @throws ValidationError  code `invalid_composition`, `param` the place, e.g. `composition.sum[1].weight`
 */
export function checkComposition(composition: Composition, at = 'composition'): void {
  let members = 0;
  const walk = (value: Composition, place: string, depth: number): void => {
    if (depth > MAX_DEPTH) throw invalidComposition(place, `expected at most ${MAX_DEPTH} levels, got more`);
    checkNode(value, place);
    if (typeof value === 'string' && ++members > MAX_MEMBERS)
      throw invalidComposition(at, `expected at most ${MAX_MEMBERS} members, got more`);
    for (const child of childrenOf(value)) {
      checkNesting(kindOf(value), kindOf(child.of), `${place}${child.at}`);
      walk(child.of, `${place}${child.at}`, depth + 1);
    }
  };
  walk(composition, at, 1);
}

function checkNode(value: Composition, at: string): void {
  if (typeof value === 'string') {
    if (parseMember(value) !== undefined) return;
    const rule = 'expected name, name@alias or name@sha256:…, owner/ before it where it is granted';
    throw invalidComposition(at, `${rule}, got ${JSON.stringify(shortened(value))}`);
  }
  const isEmpty = 'route' in value ? value.route.length === 0 : childrenOf(value).length === 0;
  if (isEmpty) throw invalidComposition(`${at}.${kindOf(value)}`, 'expected at least one, got none');
  if ('sum' in value) value.sum.forEach(({ weight }, i) => checkWeight(weight, `${at}.sum[${i}].weight`));
  if ('split' in value) value.split.forEach((part, i) => checkRange(part, `${at}.split[${i}]`));
  if ('route' in value) checkRoute(value, at);
}

function checkWeight(weight: number, at: string): void {
  if (!Number.isFinite(weight)) throw invalidComposition(at, `expected a finite number, got ${weight}`);
  if (Math.abs(weight) > MAX_WEIGHT)
    throw invalidComposition(at, `expected a number from -${MAX_WEIGHT} to ${MAX_WEIGHT}, got ${weight}`);
}

function checkRange({ from, to }: Part, at: string): void {
  const isToken = (token: number): boolean => Number.isInteger(token) && token >= 0 && token <= MAX_TOKEN;
  if (!isToken(from)) throw invalidComposition(`${at}.from`, `expected an integer from 0 to ${MAX_TOKEN}, got ${from}`);
  if (to === undefined) return;
  if (!isToken(to) || to <= from)
    throw invalidComposition(`${at}.to`, `expected an integer after from ${from} and up to ${MAX_TOKEN}, got ${to}`);
}

function checkRoute(value: Route, at: string): void {
  const { route, by, router, top_k: topK, temperature, floor } = value;
  const twice = route.findIndex((member, i) => route.indexOf(member) !== i);
  if (twice >= 0)
    throw invalidComposition(
      `${at}.route[${twice}]`,
      `expected each member once, got ${shortened(route[twice]!)} twice`,
    );
  if (by === 'adapter_fusion') checkFusion(value, at);
  if (topK !== undefined && (!Number.isInteger(topK) || topK < 1 || topK > route.length))
    throw invalidComposition(`${at}.top_k`, `expected an integer from 1 to the ${route.length} members, got ${topK}`);
  if (temperature !== undefined && !(Number.isFinite(temperature) && temperature >= 1e-6 && temperature <= 1e6))
    throw invalidComposition(`${at}.temperature`, `expected a number from 1e-6 to 1e6, got ${temperature}`);
  if (router !== undefined && !HAS_ROUTERS.includes(by))
    throw invalidComposition(`${at}.router`, `expected none, for ${by} reads its members themselves, got ${router}`);
  if (floor === 'auto' && by !== 'centroid')
    throw invalidComposition(`${at}.floor`, `expected a number, for ${by} has no floor of its own (a job fits one)`);
  if (floor !== undefined && floor !== 'auto' && !Number.isFinite(floor))
    throw invalidComposition(`${at}.floor`, `expected a finite number, got ${floor}`);
}

function checkFusion(value: Route, at: string): void {
  if (value.router === undefined)
    throw invalidComposition(`${at}.router`, 'expected the fusion that was fitted for its members, got none');
  const odd = (['top_k', 'temperature', 'floor'] as const).find((key) => value[key] !== undefined);
  if (odd === undefined) return;
  const rule = 'expected none, for adapter_fusion mixes all its members by attention';
  throw invalidComposition(`${at}.${odd}`, `${rule}, got ${value[odd]!}`);
}
