/** When a training loss counts as stalled. */
export interface StallRule {
  /** Steps of a window. */
  readonly window: number;
  /** Least fall from one window to the next, as a share of the former. */
  readonly minGain: number;
}

/** Mean losses of windows, as far as they are needed; goes into checkpoints. */
export interface LossWindows {
  /** Of the window that is being filled. */
  readonly sum: number;
  readonly steps: number;
  /** Mean of the window before, since the last change. */
  readonly before: number | null;
  /** Mean of the run's first window. */
  readonly first: number | null;
}

/** Two windows whose means show that the loss has stalled. */
export interface Stall {
  readonly before: number;
  readonly mean: number;
}

export const NO_WINDOWS: LossWindows = { sum: 0, steps: 0, before: null, first: null };

/** A loss below this share of where it began is learned: it stands still because there is little left of it. */
const LEARNED = 0.1;
/** Shortest window that is chosen: the mean of fewer steps says more of their rows than of the model. */
const LEAST_STEPS = 16;
/** Windows of a run at least, so that there is one to compare with and time to use what follows. */
const LEAST_WINDOWS = 10;

/**
 * One more loss. At the end of a window of w steps with mean m, after one with mean m₀, the loss has stalled when
 * m₀ − m < minGain · |m₀| and m is above a tenth of the first window's mean.
 *
 * A relative threshold between means, as `ReduceLROnPlateau` of PyTorch compares epochs (`threshold_mode="rel"`), over
 * windows that do not overlap, so the state is four numbers.
 */
export function afterLoss(
  windows: LossWindows,
  loss: number,
  { window, minGain }: StallRule,
): { readonly windows: LossWindows; readonly stall?: Stall } {
  const [sum, steps] = [windows.sum + loss, windows.steps + 1];
  if (steps < window) return { windows: { ...windows, sum, steps } };
  const mean = sum / steps;
  const { before } = windows;
  const first = windows.first ?? mean;
  const next = { sum: 0, steps: 0, before: mean, first };
  const hasStalled = before !== null && before - mean < minGain * Math.abs(before) && mean > LEARNED * first;
  return hasStalled ? { windows: next, stall: { before, mean } } : { windows: next };
}

/** After a change: what was before it is no measure of what comes. */
export function afterChange({ first }: LossWindows): LossWindows {
  return { ...NO_WINDOWS, first };
}

/**
 * Steps of a window: whole passes over the data, so that windows hold the same rows and do not differ by their choice, of 16
 * steps or more; a tenth of the run where passes are longer than that.
 */
export function windowOf(stepsPerEpoch: number, totalSteps: number): number {
  const most = Math.max(2, Math.floor(totalSteps / LEAST_WINDOWS));
  const passes = stepsPerEpoch * Math.ceil(LEAST_STEPS / stepsPerEpoch);
  return Math.min(passes, most);
}
