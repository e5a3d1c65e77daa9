import { expect, it } from 'vitest';
import { Metrics } from './metrics.js';

it('declares every metric once, with help, under its prefix', async () => {
  const names = (await new Metrics().registry.getMetricsAsJSON()).map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.filter((name) => !/^tessera_[a-z_]+$/.test(name))).toEqual([]);
});

it('keeps the number of adapter series within the label budget', async () => {
  const metrics = new Metrics({ labelBudget: 5 });
  for (let i = 0; i < 200; i++) metrics.countAnswer('classify', 'tenant', `tenant/a${i}`, 3);
  const { values } = await metrics.adapterRequests.get();
  expect(values.length).toBeLessThanOrEqual(6);
  expect((await metrics.tokens.get()).values[0]?.value).toBe(600);
});

it('exposes text with the event loop delay and, once started, the process metrics', async () => {
  const metrics = new Metrics();
  metrics.start();
  const { text, contentType } = await metrics.expose();
  metrics.stop();
  expect(text).toContain('tessera_event_loop_delay_seconds{quantile="0.99"}');
  expect(text).toContain('process_cpu_seconds_total');
  expect(contentType).toContain('text/plain');
});
