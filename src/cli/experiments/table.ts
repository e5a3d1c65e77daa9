import { accuracy } from './accuracy.js';
import type { Experiment } from './experiment.js';

/** Every experiment, in the order in which all of them run. */
export const EXPERIMENTS: readonly Experiment[] = [accuracy];
