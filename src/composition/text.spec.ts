import { describe, expect, it } from 'vitest';
import { randomComposition } from '../../test/support/random-composition.js';
import { SeededRandom } from '../../test/support/seeded-random.js';
import { checkComposition } from './check.js';
import { parseText, printText } from './text.js';
import type { Composition } from './value.js';

const random = new SeededRandom(11);
const SAMPLES = Array.from({ length: 400 }, () => randomComposition(random));

describe('the text form of a composition', () => {
  it.each<[string, Composition]>([
    ['a', 'a'],
    ['1*a', { sum: [{ of: 'a', weight: 1 }] }],
    [
      'a + 0.5*b - 0.2*c',
      {
        sum: [
          { of: 'a', weight: 1 },
          { of: 'b', weight: 0.5 },
          { of: 'c', weight: -0.2 },
        ],
      },
    ],
    ['stack(a, b)', { stack: ['a', 'b'] }],
    ['parallel(a, stack(b, c))', { parallel: ['a', { stack: ['b', 'c'] }] }],
    [
      'split(a[0:8], b[8:])',
      {
        split: [
          { of: 'a', from: 0, to: 8 },
          { of: 'b', from: 8 },
        ],
      },
    ],
    ['adapter_fusion(a, b; router=mixer)', { route: ['a', 'b'], by: 'adapter_fusion', router: 'mixer' }],
    ['arrow(a, b, c; top_k=2, floor=0.1)', { route: ['a', 'b', 'c'], by: 'arrow', top_k: 2, floor: 0.1 }],
    [
      'legal-v1.2 - acme/terms@prod',
      {
        sum: [
          { of: 'legal-v1.2', weight: 1 },
          { of: 'acme/terms@prod', weight: -1 },
        ],
      },
    ],
    [
      '2*(a + b)',
      {
        sum: [
          {
            of: {
              sum: [
                { of: 'a', weight: 1 },
                { of: 'b', weight: 1 },
              ],
            },
            weight: 2,
          },
        ],
      },
    ],
  ])('%s is read and printed as it is', (text, composition) => {
    expect(parseText(text)).toEqual(composition);
    expect(printText(composition)).toBe(text);
  });

  it.each([
    ['- a + b', '-1*a + b'],
    ['  a  +  0.50 * b ', 'a + 0.5*b'],
    ['a + -2*b', 'a - 2*b'],
    ['a - -2*b', 'a + 2*b'],
    ['a - 0*b', 'a + 0*b'],
    ['((a))', 'a'],
    ['split( a [ : 8 ], (b + c)[8:] )', 'split(a[0:8], (b + c)[8:])'],
    ['arrow(a,b;floor=-1e-3,top_k=1)', 'arrow(a, b; top_k=1, floor=-0.001)'],
    ['mod_squad(a,b; top_k=1,router=t/r@v1)', 'mod_squad(a, b; router=t/r@v1, top_k=1)'],
    ['centroid(a, b; floor = auto )', 'centroid(a, b; floor=auto)'],
  ])('%s is the same as %s', (text, canonical) => {
    expect(printText(parseText(text))).toBe(canonical);
  });

  it('a name with a sign in it is no sum', () => {
    expect(parseText('a-b')).toBe('a-b');
    expect(() => parseText('a +b')).toThrow(
      'expected the end of the text, or + or - with spaces around at character 3',
    );
  });

  it('parse of print is the value, and print of parse is canonical, over random compositions', () => {
    for (const composition of SAMPLES) {
      checkComposition(composition);
      const text = printText(composition);
      expect(parseText(text)).toEqual(composition);
      expect(printText(parseText(text))).toBe(text);
    }
  });

  it.each([
    ['', 'expected a member, a number and *, or ( at character 1, got the end'],
    ['a +', 'expected the end of the text'],
    ['a + ', 'expected a member'],
    ['0.5*', 'expected a member'],
    ['stack(a', 'expected , or ) at character 8, got the end'],
    ['stack()', 'expected a member'],
    ['fuse(a, b)', 'expected stack, parallel, split, arrow'],
    ['split(a, b)', 'expected a range such as [0:8] or [8:]'],
    ['split(a[8], b[8:])', 'expected a range'],
    ['arrow(a, b; k=2)', 'expected router, top_k, temperature or floor, and ='],
    ['arrow(a, b; top_k=auto)', 'expected a number at character 19'],
    ['arrow(a, b; floor=automatic)', 'expected a number or auto'],
    ['mod_squad(a, b; router=)', 'expected a member'],
    ['arrow(a, b; top_k=1, top_k=2)', 'expected each option once'],
    ['arrow(a + b, c)', 'expected , or )'],
    ['a; drop', 'expected the end of the text'],
    ['('.repeat(40_000), 'expected at most 32768 characters, got 40000'],
    ['('.repeat(1000), 'expected at most 32 brackets'],
  ])('%s is refused', (text, message) => {
    expect(() => parseText(text, 'model')).toThrow(message);
    expect(() => parseText(text, 'model')).toThrow(
      expect.objectContaining({ code: 'invalid_composition', param: 'model' }),
    );
  });
});
