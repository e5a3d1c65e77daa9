import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { RunningService } from '../support/running-service.js';

/** The e2e run has built the service, so its build is left out. */
const NPM_START = ['npm', 'start', '--ignore-scripts'] as const;

let service: RunningService;
afterEach(() => service.remove());

async function startThenKill(kill: (pid: number) => void): Promise<number | null> {
  service = await RunningService.start({ command: NPM_START });
  const exit = once(service.process, 'exit');
  kill(service.process.pid ?? 0);
  const [code] = (await exit) as [number | null];
  return code;
}

/** Ended in order: told why, once; nothing answers; the data directory is free; no trace of a failure. */
async function expectOrder(reason: string): Promise<void> {
  expect(service.log.match(/"msg":"stopping"/g)).toHaveLength(1);
  expect(service.log).toContain(`"reason":"${reason}"`);
  expect(service.log).not.toMatch(/"level":"error"|npm error|^\s+at /m);
  await expect(fetch(`${service.url}/healthz`)).rejects.toThrow();
  const next = await RunningService.start({ dataDir: service.dataDir });
  expect(await next.stop()).toBe(0);
}

it('npm start ends in order when npm is told to terminate', async () => {
  expect(await startThenKill((npm) => process.kill(npm, 'SIGTERM'))).toBe(0);
  await expectOrder('SIGTERM');
});

it('npm start ends in order on Ctrl-C, which a terminal sends to the whole group', async () => {
  expect([0, 130]).toContain(await startThenKill((group) => process.kill(-group, 'SIGINT')));
  await expectOrder('SIGINT');
});
