import { describeUnary } from '../../../test/support/expect-elementwise.js';
import { abs } from './abs.js';

describeUnary('abs', abs, { reference: Math.abs });
