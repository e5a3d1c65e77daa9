import { describeBinary } from '../../../test/support/expect-elementwise.js';
import { pow } from './pow.js';

// 1^∞ and 1^NaN are left out: C's pow gives 1, JavaScript's NaN.
const HAZARDS = [0, 0.5, -0.5, 2, -2, 1e20, -1e20];
const POWERS = [0, 1, -1, 2, 3, 0.5, -0.5, Infinity, -Infinity];

describeBinary('pow', pow, {
  reference: Math.pow,
  a: (size, random) => random.floats(size, 0.5, 2),
  b: (size, random) => random.floats(size, -2, 3),
  hazards: HAZARDS.flatMap((a) => POWERS.map((b): readonly [number, number] => [a, b])),
});
