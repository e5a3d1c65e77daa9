import { describeUnary } from '../../../test/support/expect-elementwise.js';
import { FINITE } from '../../../test/support/hazards.js';
import { geluTanh } from './gelu-tanh.js';

describeUnary('geluTanh', geluTanh, {
  reference: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  hazards: FINITE,
});
