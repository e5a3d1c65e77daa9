import { describeUnary } from '../../../test/support/expect-elementwise.js';
import { neg } from './neg.js';

describeUnary('neg', neg, { reference: (x) => -x });
