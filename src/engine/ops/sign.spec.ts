import { describeUnary } from '../../../test/support/expect-elementwise.js';
import { sign } from './sign.js';

describeUnary('sign', sign, { reference: Math.sign });
