import { describeUnary } from '../../../test/support/expect-elementwise.js';
import { relu } from './relu.js';

describeUnary('relu', relu, { reference: (x) => Math.max(x, 0) });
