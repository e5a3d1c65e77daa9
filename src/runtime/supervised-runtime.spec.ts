import { describe, expect, it } from 'vitest';
import { FakeRuntime, fakeBrick } from '../../test/support/fake-runtime.js';
import { MAX_DEATHS, SupervisedRuntime, type SupervisorOptions } from './supervised-runtime.js';

const row = { inputIds: Int32Array.of(5), bricks: [], heads: ['base'], task: { kind: 'sequence' } } as const;

async function supervise(options: Partial<SupervisorOptions> & { digests?: string[]; failing?: Set<number> } = {}) {
  const engines: { runtime: FakeRuntime; die: (error?: Error) => void }[] = [];
  const events: string[] = [];
  let starts = 0;
  const runtime = await SupervisedRuntime.start({
    start: async (onExit) => {
      const turn = starts++;
      if (options.failing?.has(turn)) throw new Error(`start ${turn} failed`);
      const digest = options.digests?.[turn] ?? 'sha256:00';
      const engine = new FakeRuntime({ base: { digest } });
      engines.push({ runtime: engine, die: onExit });
      return engine;
    },
    onLost: ({ message }) => events.push(`lost: ${message}`),
    onBack: () => events.push('back'),
    onGivenUp: ({ message }) => events.push(`given up: ${message}`),
    backOffMs: () => 0,
    ...options,
  });
  const die = (message = 'out of memory'): void => engines.at(-1)?.die(new Error(message));
  return { runtime, engines, events, die };
}

describe('SupervisedRuntime', () => {
  it('starts another engine when one dies, and refuses calls as retryable until then', async () => {
    const { runtime, engines, events, die } = await supervise();
    await runtime.run([row]);
    die();
    const refused = { status: 503, code: 'engine_unavailable', retryable: true, retryAfterSeconds: 2 };
    await expect(runtime.run([row])).rejects.toMatchObject(refused);
    await expect(runtime.load('a', fakeBrick())).rejects.toMatchObject(refused);
    await expect(runtime.unload('a')).rejects.toMatchObject(refused);
    await expect.poll(() => events).toEqual(['lost: out of memory', 'back']);
    await runtime.load('a', fakeBrick());
    await runtime.run([row]);
    expect(engines.map(({ runtime: { calls } }) => calls)).toEqual([[], ['load a']]);
  });

  it('tries again when an engine does not start, with longer pauses', async () => {
    const pauses: number[] = [];
    const { events, die } = await supervise({
      failing: new Set([1, 2]),
      backOffMs: (deaths) => (pauses.push(deaths), 0),
    });
    die();
    await expect.poll(() => events).toEqual(['lost: out of memory', 'back']);
    expect(pauses).toEqual([1, 2, 3]);
  });

  it('gives up when engines keep dying, and not when they die seldom', async () => {
    let nowMs = 0;
    const { runtime, events, die } = await supervise({ nowMs: () => nowMs });
    for (let deaths = 1; deaths <= MAX_DEATHS + 3; deaths++) {
      nowMs += 301_000; // two deaths in ten minutes
      die();
      await expect.poll(() => events.at(-1)).toBe('back');
    }
    for (let deaths = 1; deaths < MAX_DEATHS - 1; deaths++) {
      die();
      await expect.poll(() => events.at(-1)).toBe('back');
    }
    die('again');
    await expect.poll(() => events.at(-1)).toBe('given up: again');
    await expect(runtime.run([row])).rejects.toMatchObject({ status: 503 });
    await runtime.stop();
  });

  it('gives up when the base is another one than before', async () => {
    const { engines, events, die } = await supervise({ digests: ['sha256:00', 'sha256:01'] });
    die();
    await expect.poll(() => events.at(-1)).toMatch('given up: runtime: expected the base sha256:00');
    expect(engines[1]?.runtime.isStopped).toBe(true);
  });

  it('stops the engine it has, in the middle of a restart too, and starts no other', async () => {
    const { runtime, engines } = await supervise();
    await runtime.stop();
    expect(engines[0]?.runtime.isStopped).toBe(true);
    engines[0]?.die();
    const restarting = await supervise({ backOffMs: () => 60_000 });
    restarting.die();
    await restarting.runtime.stop();
    expect([engines.length, restarting.engines.length]).toEqual([1, 1]);
  });
});
