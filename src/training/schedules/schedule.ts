/**
 * The learning rate of a step as a multiple of the run's learning rate. Steps count from 0: with a warm-up the first one
 * has rate 0, as Hugging Face counts.
 */
export type Schedule = (step: number) => number;
