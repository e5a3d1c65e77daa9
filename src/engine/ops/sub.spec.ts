import { describeBinary } from '../../../test/support/expect-elementwise.js';
import { sub } from './sub.js';

describeBinary('sub', sub, { reference: (a, b) => a - b });
