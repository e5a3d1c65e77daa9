import { describeUnary } from '../../../test/support/expect-elementwise.js';
import { FINITE } from '../../../test/support/hazards.js';
import { silu } from './silu.js';

describeUnary('silu', silu, { reference: (x) => x / (1 + Math.exp(-x)), hazards: FINITE });
