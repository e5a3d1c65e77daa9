import { describeUnary } from '../../../test/support/expect-elementwise.js';
import { reciprocal } from './reciprocal.js';

describeUnary('reciprocal', reciprocal, {
  reference: (x) => 1 / x,
  data: (size, random) => random.floats(size, 0.3, 2),
});
