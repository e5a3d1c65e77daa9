import { describeBinary } from '../../../test/support/expect-elementwise.js';
import { equal } from './equal.js';

describeBinary('equal', equal, { reference: (a, b) => Number(a === b), gradient: 'none' });
