import { describeUnary } from '../../../test/support/expect-elementwise.js';
import { exp } from './exp.js';

describeUnary('exp', exp, { reference: Math.exp });
