import { describeBinary } from '../../../test/support/expect-elementwise.js';
import { greater } from './greater.js';

describeBinary('greater', greater, { reference: (a, b) => Number(a > b), gradient: 'none' });
