import { answerParent } from '../child-run.js';
import { runOne } from './runs.js';

/** Entry of the process that trains one thing. */
answerParent(runOne);
