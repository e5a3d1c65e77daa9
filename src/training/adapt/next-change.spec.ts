import { describe, expect, it } from 'vitest';
import { SITE_ROLES } from '../../models/sites.js';
import { loraOptions } from '../methods/options.js';
import { nextChange } from './next-change.js';

const lora = (more: object = {}) => loraOptions.parse({ name: 'lora', targets: [...SITE_ROLES], ...more });

describe('nextChange', () => {
  it('adapts what is not adapted before it raises ranks', () => {
    const change = nextChange(lora({ targets: ['query', 'value'], layers: [1] }), { maxRank: 64 });
    expect(change?.method).toEqual(lora());
    expect(change?.what).toBe(
      'key, attention_output, ffn_up, ffn_down are adapted too; all layers are adapted, not 1 alone',
    );
  });

  it('doubles every rank and keeps every scale', () => {
    const method = lora({ rank: 4, alpha: 6, rankPattern: { query: 2 }, alphaPattern: { query: 3 } });
    expect(nextChange(method, { maxRank: 8 })).toEqual({
      method: { ...method, rank: 8, alpha: 12, rankPattern: { query: 4 }, alphaPattern: { query: 6 } },
      what: 'rank 4 becomes 8',
    });
    const stabilised = nextChange(lora({ rank: 4, alpha: 6, rankStabilised: true }), { maxRank: 8 })?.method;
    expect((stabilised?.alpha ?? 0) / Math.sqrt(8)).toBeCloseTo(6 / Math.sqrt(4), 12);
  });

  it('ends at the largest rank, of patterns too', () => {
    expect(nextChange(lora({ rank: 8 }), { maxRank: 15 })).toBeUndefined();
    expect(nextChange(lora({ rank: 2, rankPattern: { query: 8 } }), { maxRank: 15 })).toBeUndefined();
  });
});
