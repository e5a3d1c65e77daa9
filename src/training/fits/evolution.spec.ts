import { describe, expect, it } from 'vitest';
import { evolve } from './evolution.js';

const settings = { start: [0, 0, 0, 0, 0], spread: 0.3, bound: 1.5, evaluations: 300, seed: 1 };
const goal = [1, -0.5, 0, 0.25, 0];
const sphere = (x: readonly number[]) => x.reduce((sum, value, i) => sum + (value - goal[i]!) ** 2, 0);

describe('evolve', () => {
  it('finds the least value of a bowl', async () => {
    const { best, value } = await evolve(async (x) => sphere(x), settings);
    expect(value).toBeLessThan(1e-3);
    best.forEach((found, i) => expect(found).toBeCloseTo(goal[i]!, 1));
  });

  it('and of one that is a hundred times as long as wide, askew', async () => {
    const askew = async (x: readonly number[]) => 100 * (x[0]! + x[1]! - 1) ** 2 + (x[0]! - x[1]!) ** 2;
    const { best } = await evolve(askew, { ...settings, start: [0, 0], evaluations: 400 });
    expect(best[0]).toBeCloseTo(0.5, 1);
    expect(best[1]).toBeCloseTo(0.5, 1);
  });

  it('finds two of ten that matter, with a penalty on all, in two hundred tries', async () => {
    const useful = (x: readonly number[]) => Math.exp(-Math.min(x[2]!, 1)) + Math.exp(-Math.min(x[7]!, 1));
    const others = (x: readonly number[]) =>
      x.reduce((sum, value, i) => sum + (i === 2 || i === 7 ? 0 : value ** 2), 0);
    const loss = async (x: readonly number[]) =>
      useful(x) + others(x) + 0.05 * (x.reduce((sum, value) => sum + Math.abs(value), 0) / x.length);
    for (const seed of [1, 2, 3]) {
      const start = Array<number>(10).fill(0);
      const { best } = await evolve(loss, { ...settings, start, evaluations: 200, seed });
      const others = best.filter((_, i) => i !== 2 && i !== 7).map(Math.abs);
      expect(Math.min(best[2]!, best[7]!)).toBeGreaterThan(2 * Math.max(...others));
    }
  });

  it('asks as often as it is told, first at the start, never beyond the bound, and the same for a seed', async () => {
    const asked: (readonly number[])[] = [];
    const far = async (x: readonly number[]) => {
      asked.push(x);
      return -x.reduce((sum, value) => sum + value, 0);
    };
    const { best } = await evolve(far, { ...settings, evaluations: 120 });
    expect(asked).toHaveLength(120);
    expect(asked[0]).toEqual(settings.start);
    expect(asked.flat().every((value) => Math.abs(value) <= 1.5)).toBe(true);
    best.forEach((value) => expect(value).toBeGreaterThan(1.2));
    const first = [...asked];
    await evolve(far, { ...settings, evaluations: 120 });
    expect(asked.slice(120)).toEqual(first);
    asked.length = 0;
    await evolve(far, { ...settings, evaluations: 120, seed: 2 });
    expect(asked).not.toEqual(first);
  });

  it('never keeps a point without a value, and stays at a start that is best', async () => {
    const cliff = async (x: readonly number[]) => (x[0]! > 0 ? NaN : Math.abs(x[0]!));
    expect(await evolve(cliff, { ...settings, start: [0], evaluations: 50 })).toEqual({ best: [0], value: 0 });
  });

  it.each([
    [{ start: [] }, 'at least one number'],
    [{ start: [NaN] }, 'a finite start'],
    [{ spread: 0 }, 'a spread above 0'],
    [{ bound: Infinity }, 'a bound above 0'],
    [{ evaluations: 0 }, 'at least one evaluation'],
  ])('refuses %o', async (more, message) => {
    await expect(evolve(async () => 0, { ...settings, ...more })).rejects.toThrow(message);
  });

  it('refuses a start without a value', async () => {
    await expect(evolve(async () => Infinity, settings)).rejects.toThrow('expected a finite value there, got Infinity');
  });
});
