import { describeBinary } from '../../../test/support/expect-elementwise.js';
import { add } from './add.js';

describeBinary('add', add, { reference: (a, b) => a + b });
