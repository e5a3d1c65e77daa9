import { describe, expect, it } from 'vitest';
import { DEFAULT_RATES, defaultRate } from './default-rates.js';

describe('defaultRate', () => {
  it('is that of the name, and of LoRA where there is no such method', () => {
    expect(defaultRate({ name: 'bitfit' })).toBe(DEFAULT_RATES.bitfit);
    expect(defaultRate({ name: 'prefix', projection: false })).toBe(DEFAULT_RATES.prefix);
    expect(defaultRate({ name: 'no_such' })).toBe(DEFAULT_RATES.lora);
  });

  it('of a projected prefix is far below that of its bare tokens', () => {
    expect(defaultRate({ name: 'prefix', projection: true })).toBeLessThan(DEFAULT_RATES.prefix / 3);
  });

  it('of LoRA+ keeps the middle of the rates of A and B at that of LoRA', () => {
    const a = defaultRate({ name: 'lora', rateRatio: 16 });
    expect(Math.sqrt(a * 16 * a)).toBeCloseTo(DEFAULT_RATES.lora, 6);
    expect(defaultRate({ name: 'lora', rateRatio: 'much' })).toBe(DEFAULT_RATES.lora);
  });
});
