import { describeUnary } from '../../../test/support/expect-elementwise.js';
import { relu6 } from './relu6.js';

describeUnary('relu6', relu6, {
  reference: (x) => Math.min(Math.max(x, 0), 6),
  data: (size, random) => random.floats(size, -9, 9).map((x) => (Math.abs(x) < 0.1 || Math.abs(x - 6) < 0.1 ? 3 : x)),
});
