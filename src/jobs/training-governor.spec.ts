import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadConfig } from '../config/config.js';
import { Metrics } from '../metrics/metrics.js';
import { TrainingMetrics } from '../metrics/training-metrics.js';
import { TrainingGovernor } from './training-governor.js';

describe('TrainingGovernor', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  function start(env: Record<string, string> = {}) {
    const serving = new Metrics();
    const metrics = new TrainingMetrics(serving.registry);
    const governor = new TrainingGovernor(serving, metrics, loadConfig({ TRAINING_YIELD_MS: '100', ...env }));
    return { governor, serving };
  }

  function newChild() {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    return { hold: vi.fn<(isHeld: boolean) => void>(), ended, end: () => end() };
  }

  it('holds runs while answers take longer than the budget, and lets go when they are well below it again', async () => {
    const { governor, serving } = start();
    const child = newChild();
    governor.govern(child);
    for (let at = 0; at < 20; at++) serving.answerTimes.add(90);
    await vi.advanceTimersByTimeAsync(200);
    expect(child.hold).not.toHaveBeenCalled();
    for (let at = 0; at < 5; at++) serving.answerTimes.add(150);
    await vi.advanceTimersByTimeAsync(100);
    expect(child.hold.mock.calls).toEqual([[true]]);
    const late = newChild();
    governor.govern(late); // begins while serving is pressed
    expect(late.hold.mock.calls).toEqual([[true]]);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(child.hold.mock.calls).toEqual([[true], [false]]);
    expect(late.hold.mock.calls).toEqual([[true], [false]]);
    const text = await serving.registry.metrics();
    expect(text).toContain('tessera_training_held 0');
    expect(Number(/^tessera_training_held_seconds_total (.*)$/m.exec(text)?.[1])).toBeGreaterThan(1.5);
    governor.onModuleDestroy();
  });

  it('looks at nothing without runs, nor where runs never wait', async () => {
    const { governor, serving } = start();
    const child = newChild();
    governor.govern(child);
    child.end();
    await vi.advanceTimersByTimeAsync(0);
    expect(vi.getTimerCount()).toBe(0);
    const never = start({ TRAINING_YIELD_MS: '0' }).governor;
    never.govern(newChild());
    expect(vi.getTimerCount()).toBe(0);
    serving.answerTimes.add(1_000);
    expect(child.hold).not.toHaveBeenCalled();
  });
});
