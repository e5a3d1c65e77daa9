import type { Metrics } from '../metrics/metrics.js';
import type { RowResult } from '../runtime/protocol.js';
import type { ServedModel } from './served-model.js';

/**
 * Counts what the routes of a request gave to each brick and to the base.
 *
 * @param results  of all inputs under the first model, then under the next
 */
export function countRoutes(
  metrics: Pick<Metrics, 'countRoute'>,
  tenantId: string,
  models: readonly ServedModel[],
  results: readonly RowResult[],
): void {
  const inputs = results.length / models.length;
  for (const [at, { shares = [] }] of results.entries()) {
    const { routes = [], named = [] } = models[Math.floor(at / inputs)]!;
    for (const [route, { law }] of routes.entries()) {
      const members = named.filter((brick) => brick.route === route);
      const values = shares[route];
      if (values === undefined) continue;
      const given = members.map(({ name }, i) => [`${tenantId}/${name}`, values[i] ?? 0] as const);
      metrics.countRoute(law, given, values[members.length] ?? 0);
    }
  }
}
