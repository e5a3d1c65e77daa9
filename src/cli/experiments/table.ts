import { accuracy } from './accuracy.js';
import { compose } from './compose.js';
import type { Experiment } from './experiment.js';
import { learn } from './learn.js';
import { precision } from './precision.js';
import { rates } from './rates.js';

/** Every experiment, in the order in which all of them run. */
export const EXPERIMENTS: readonly Experiment[] = [accuracy, precision, rates, learn, compose];
