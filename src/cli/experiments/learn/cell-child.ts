import { answerParent } from '../child-run.js';
import { runCell } from './cell.js';

/** Entry of the process that runs one cell. */
answerParent(runCell);
