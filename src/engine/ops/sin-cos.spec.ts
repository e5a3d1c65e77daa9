import { describeUnary } from '../../../test/support/expect-elementwise.js';
import { cos, sin } from './sin-cos.js';

// Far from 0 the argument is reduced with float32's error, so huge angles are left out.
const hazards = [0, 1, -1, 1e-30, 100, -100, Infinity, -Infinity, NaN];

describeUnary('sin', sin, { reference: Math.sin, hazards, tolerance: 1e-5 });
describeUnary('cos', cos, { reference: Math.cos, hazards, tolerance: 1e-5 });
