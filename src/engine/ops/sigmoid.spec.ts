import { describeUnary } from '../../../test/support/expect-elementwise.js';
import { sigmoid } from './sigmoid.js';

describeUnary('sigmoid', sigmoid, { reference: (x) => 1 / (1 + Math.exp(-x)) });
