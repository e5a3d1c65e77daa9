import { describeBinary } from '../../../test/support/expect-elementwise.js';
import { mul } from './mul.js';

describeBinary('mul', mul, { reference: (a, b) => a * b });
