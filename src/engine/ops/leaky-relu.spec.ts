import { describeUnary } from '../../../test/support/expect-elementwise.js';
import { leakyRelu } from './leaky-relu.js';

describeUnary('leakyRelu', (x) => leakyRelu(x, 0.1), { reference: (x) => (x > 0 ? x : 0.1 * x) });
