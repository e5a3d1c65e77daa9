import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gateBrick } from '../../../test/support/gate-brick.js';
import { randomBrick } from '../../../test/support/random-brick.js';
import { closeHosts, tinyHost } from '../../../test/support/tiny-host.js';
import { loadTinyModel } from '../../../test/support/tiny-model.js';
import type { BaseModel } from '../../models/base-model.js';
import type { EngineHost } from '../engine-host.js';
import { fitFloor, type FloorFit } from './floor.js';

const TEXTS = Array.from({ length: 12 }, (_, at) => `the rain ${at} and market ${'abc'[at % 3]}`);
let base: BaseModel;
let host: EngineHost;
let fit: FloorFit;
beforeAll(async () => {
  base = await loadTinyModel({ modelType: 'bert' });
  host = await tinyHost(base);
  const members = [0, 1, 2].map((at) => {
    const { gates } = gateBrick(base.sites, 30 + at, { isStandardised: true });
    const { head: _none, ...brick } = randomBrick('lora', base.sites, { seed: at });
    return { name: `m${at}`, brick: { ...brick, gates: gates!, gatesFor: 'phatgoose' as const } };
  });
  fit = { base, members, law: 'arrow', topK: 2, temperature: 1, texts: TEXTS };
});
afterAll(closeHosts);

describe('the floor of a route by token', () => {
  it.each(['arrow', 'phatgoose'] as const)(
    'of %s leaves at most the asked share to the base, and nearly that',
    async (law) => {
      const pool = host.poolBytes().used;
      const found = await fitFloor({ ...fit, law, abstained: 0.2 }, host);
      expect(found.abstained).toBeLessThanOrEqual(0.2);
      expect(found.abstained).toBeGreaterThan(0.17);
      const none = await fitFloor({ ...fit, law, abstained: 0 }, host);
      expect(none.abstained).toBe(0);
      expect(none.floor).toBeLessThan(found.floor);
      expect(host.poolBytes().used).toBe(pool);
    },
  );

  it.each<[Partial<FloorFit>, string]>([
    [{ members: [] }, 'members: expected at least one'],
    [{ texts: [] }, 'texts: expected at least one'],
    [{ abstained: 1 }, 'a share from 0 to below 1, got 1'],
    [{ law: 'mod_squad' }, 'm0: expected gates that were fitted for mod_squad, got phatgoose'],
    [{ topK: 0 }, 'top_k: expected an integer from 1'],
  ])('refuses %o', async (more, message) => {
    await expect(fitFloor({ ...fit, ...more }, host)).rejects.toThrow(message);
  });

  it('hears a stop', async () => {
    await expect(fitFloor(fit, host, { signal: AbortSignal.abort() })).rejects.toThrow('stopped before its end');
  });
});
