import { describe, expect, it } from 'vitest';
import { Random } from '../../common/random.js';
import { maskTokens } from './mask-tokens.js';

const options = { share: 0.15, maskId: 4, vocab: 1000 };

describe('maskTokens', () => {
  it('hides 15 % of the tokens of the text, 80 % of them behind the mask, and says what stood there', () => {
    const ids = Int32Array.from({ length: 2002 }, (_, at) => 10 + (at % 900));
    const maskable = Int32Array.from({ length: 2000 }, (_, at) => at + 1);
    const { inputIds, positions, targets } = maskTokens(ids, maskable, options, Random.stream(1, 'm'));
    expect(positions).toHaveLength(300);
    expect(targets).toEqual(positions.map((at) => ids[at]));
    const hidden = positions.filter((at) => inputIds[at] === 4).length;
    expect(hidden / 300).toBeCloseTo(0.8, 1);
    const untouched = positions.filter((at) => inputIds[at] === ids[at]).length;
    expect(untouched / 300).toBeCloseTo(0.1, 1);
    expect([...inputIds].filter((id, at) => id !== ids[at] && !positions.includes(at))).toEqual([]);
    expect([inputIds[0], inputIds[2001]]).toEqual([ids[0], ids[2001]]);
  });

  it('hides at least one token, and none where there is none', () => {
    const ids = Int32Array.of(1, 7, 2);
    expect(maskTokens(ids, Int32Array.of(1), options, Random.stream(1, 'm')).positions).toEqual([1]);
    expect(maskTokens(ids, new Int32Array(), options, Random.stream(1, 'm')).positions).toEqual([]);
  });
});
