import { describeUnary } from '../../../test/support/expect-elementwise.js';
import { rsqrt } from './rsqrt.js';

describeUnary('rsqrt', rsqrt, {
  reference: (x) => 1 / Math.sqrt(x),
  data: (size, random) => random.floats(size, 0.3, 2),
});
