import { describeBinary } from '../../../test/support/expect-elementwise.js';
import { spread } from '../../../test/support/expect-op.js';
import { maximum } from './maximum.js';

describeBinary('maximum', maximum, {
  reference: Math.max,
  a: spread,
  b: (size, random) => spread(size, random).map((x) => x + 0.025), // no ties with a
  gradient: 'finite', // tfjs's does not sum over stretched axes
});
