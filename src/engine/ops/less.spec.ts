import { describeBinary } from '../../../test/support/expect-elementwise.js';
import { less } from './less.js';

describeBinary('less', less, { reference: (a, b) => Number(a < b), gradient: 'none' });
