import { describe, expect, it, vi } from 'vitest';
import type { TrainingEvent, TrainingResult } from '../training/events.js';
import { GroupProcess, type GroupRun } from './group-process.js';

const result = (steps: number) => ({ steps }) as TrainingResult;
const warning = (message: string): TrainingEvent => ({ type: 'warning', message });

function newRun() {
  const [stop, kill] = [new AbortController(), new AbortController()];
  const heard: TrainingEvent[] = [];
  let settle: Pick<GroupRun, 'resolve' | 'reject'> | undefined;
  const outcome = new Promise<TrainingResult>((resolve, reject) => (settle = { resolve, reject }));
  outcome.catch(() => undefined);
  const watch = { stop: stop.signal, kill: kill.signal };
  const run: GroupRun = { request: {} as never, watch, onEvent: (event) => heard.push(event), ...settle! };
  return { run, stop, kill, heard, outcome };
}

/** A process that does only what it is told. */
function newChild() {
  let end: { resolve: (result: 'ended') => void; reject: (error: unknown) => void } | undefined;
  const result = new Promise<'ended'>((resolve, reject) => (end = { resolve, reject }));
  const child = {
    result,
    ended: result.then(
      () => undefined,
      () => undefined,
    ),
    stop: vi.fn(),
    kill: vi.fn(),
  };
  return { child, end: end! };
}

describe('GroupProcess', () => {
  it('gives each run its own events and its own end', async () => {
    const [first, second] = [newRun(), newRun()];
    const group = new GroupProcess([first.run, second.run], 1_000);
    const { child, end } = newChild();
    const followed = group.follow(child);
    const { onEvent, onRunEnd } = group.listeners;
    onEvent(warning('a'), 0);
    onEvent(warning('b'), 1);
    onEvent(warning('to nobody'));
    onRunEnd(1, { result: result(2) });
    expect(await second.outcome).toEqual({ steps: 2 });
    onEvent(warning('late'), 1);
    onRunEnd(0, { error: new Error('of the first') });
    await expect(first.outcome).rejects.toThrow('of the first');
    end.resolve('ended');
    await followed;
    expect(first.heard).toEqual([warning('a')]);
    expect(second.heard).toEqual([warning('b')]);
  });

  it('lets one leave that is stopped, and kills nothing while others are at work', async () => {
    const [first, second] = [newRun(), newRun()];
    const group = new GroupProcess([first.run, second.run], 1_000);
    const { child, end } = newChild();
    const followed = group.follow(child);
    first.kill.abort();
    first.stop.abort();
    expect(child.stop.mock.calls).toEqual([[0]]);
    expect(child.kill).not.toHaveBeenCalled();
    group.listeners.onRunEnd(0, { error: new Error('whatever went wrong then') });
    await expect(first.outcome).rejects.toMatchObject({ code: 'cancelled' });
    second.kill.abort();
    expect(child.kill).toHaveBeenCalledOnce();
    end.reject(new Error('SIGKILL'));
    await expect(followed).rejects.toThrow('SIGKILL');
  });

  it('waits for one that does not leave no longer than it may take', async () => {
    vi.useFakeTimers();
    try {
      const [first, second] = [newRun(), newRun()];
      const group = new GroupProcess([first.run, second.run], 1_000);
      const { child } = newChild();
      void group.follow(child);
      first.stop.abort();
      vi.advanceTimersByTime(1_000);
      await expect(first.outcome).rejects.toMatchObject({ code: 'cancelled' });
      expect(child.kill).not.toHaveBeenCalled();
      second.stop.abort();
      vi.advanceTimersByTime(1_000);
      expect(child.kill).toHaveBeenCalledOnce();
    } finally {
      vi.useRealTimers();
    }
  });

  it('has every run that is still open tried again when the process dies, and tells none what it said', async () => {
    const [first, second] = [newRun(), newRun()];
    const group = new GroupProcess([first.run, second.run], 1_000);
    group.listeners.onRunEnd(0, { result: result(1) });
    group.fail(new Error('a secret of another tenant'));
    expect(await first.outcome).toEqual({ steps: 1 });
    const error = await second.outcome.catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'training_process_died', retryable: true });
    expect((error as Error).message).not.toContain('secret');
  });
});
