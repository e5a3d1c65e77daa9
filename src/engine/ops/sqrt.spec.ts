import { describeUnary } from '../../../test/support/expect-elementwise.js';
import { sqrt } from './sqrt.js';

describeUnary('sqrt', sqrt, { reference: Math.sqrt, data: (size, random) => random.floats(size, 0.3, 2) });
