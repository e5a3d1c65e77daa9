import { describeUnary } from '../../../test/support/expect-elementwise.js';
import { FINITE } from '../../../test/support/hazards.js';
import { erfReference } from '../../../test/support/special-functions.js';
import { gelu } from './gelu.js';

describeUnary('gelu', gelu, { reference: (x) => x * 0.5 * (1 + erfReference(x * Math.SQRT1_2)), hazards: FINITE });
