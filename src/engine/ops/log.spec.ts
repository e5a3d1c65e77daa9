import { describeUnary } from '../../../test/support/expect-elementwise.js';
import { log } from './log.js';

describeUnary('log', log, { reference: Math.log, data: (size, random) => random.floats(size, 0.3, 2) });
