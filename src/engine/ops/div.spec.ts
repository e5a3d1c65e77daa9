import { describeBinary } from '../../../test/support/expect-elementwise.js';
import { div } from './div.js';

describeBinary('div', div, { reference: (a, b) => a / b, b: (size, random) => random.floats(size, 0.5, 2) });
