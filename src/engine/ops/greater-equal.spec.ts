import { describeBinary } from '../../../test/support/expect-elementwise.js';
import { greaterEqual } from './greater-equal.js';

describeBinary('greaterEqual', greaterEqual, { reference: (a, b) => Number(a >= b), gradient: 'none' });
