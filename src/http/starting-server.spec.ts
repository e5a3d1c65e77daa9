import { expect, it } from 'vitest';
import { StartingServer } from './starting-server.js';

it('is alive, not ready, and refuses the rest until it hands over its port', async () => {
  const server = await StartingServer.listen('127.0.0.1', 0);
  const status = async (path: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${server.port}${path}`)).status;
  expect([await status('/healthz'), await status('/readyz'), await status('/v1/models')]).toEqual([200, 503, 503]);
  await server.close();
  const next = await StartingServer.listen('127.0.0.1', server.port);
  await next.close();
});
