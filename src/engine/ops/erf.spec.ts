import { describeUnary } from '../../../test/support/expect-elementwise.js';
import { erf } from './erf.js';
import { erfReference } from '../../../test/support/special-functions.js';

describeUnary('erf', erf, { reference: erfReference });
