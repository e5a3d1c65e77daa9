import { describeBinary } from '../../../test/support/expect-elementwise.js';
import { lessEqual } from './less-equal.js';

describeBinary('lessEqual', lessEqual, { reference: (a, b) => Number(a <= b), gradient: 'none' });
