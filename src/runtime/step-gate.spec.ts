import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { StepGate } from './step-gate.js';

describe('StepGate', () => {
  beforeEach(() => vi.useFakeTimers());
  afterEach(() => vi.useRealTimers());

  /** A loop of steps that take 100 ms each; gives how many have begun. */
  function loop(gate: StepGate): { begun: number } {
    const count = { begun: 0 };
    void (async () => {
      for (;;) {
        await gate.pass();
        count.begun++;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    })();
    return count;
  }

  it('holds nothing up while it is open', async () => {
    const count = loop(new StepGate(0.1, Date.now));
    await vi.advanceTimersByTimeAsync(950);
    expect(count.begun).toBe(10);
  });

  it('gives a held run its share of the time, and all of it again when it opens', async () => {
    const gate = new StepGate(0.1, Date.now);
    gate.hold();
    const count = loop(gate);
    await vi.advanceTimersByTimeAsync(10_050);
    expect(count.begun).toBe(11);
    gate.open();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(count.begun).toBeGreaterThan(19);
  });

  it('lets one step through when it is nudged', async () => {
    const gate = new StepGate(0.01, Date.now);
    gate.hold();
    const count = loop(gate);
    await vi.advanceTimersByTimeAsync(500);
    expect(count.begun).toBe(1);
    gate.nudge();
    await vi.advanceTimersByTimeAsync(500);
    expect(count.begun).toBe(2);
  });
});
