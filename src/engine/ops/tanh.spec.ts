import { describeUnary } from '../../../test/support/expect-elementwise.js';
import { tanh } from './tanh.js';

describeUnary('tanh', tanh, { reference: Math.tanh });
