/** How far a run has come, as its events say; NaN for what it does not have. */
export interface StepProgress {
  readonly step: number;
  readonly totalSteps: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly tokensPerSecond: number;
  readonly secondsLeft: number;
}

const MAX_BAR = 30;
const MIN_BAR = 8;

/** A progress bar and its figures in one line of at most `columns` characters; the bar goes first when there is no room. */
export function progressLine(progress: StepProgress, columns: number): string {
  const { step, totalSteps, loss, learningRate, tokensPerSecond, secondsLeft } = progress;
  const share = totalSteps > 0 ? Math.min(1, step / totalSteps) : 0;
  const figures = [
    `${String(Math.floor(100 * share)).padStart(3)} %`,
    `step ${String(step).padStart(String(totalSteps).length)}/${totalSteps}`,
    ...known(loss, `loss ${loss.toFixed(4)}`),
    ...known(learningRate, `rate ${learningRate.toExponential(1)}`),
    ...known(tokensPerSecond, `${Math.round(tokensPerSecond)} tokens/s`),
    `${clock(secondsLeft)} left`,
  ].join('  ');
  const room = Math.min(MAX_BAR, columns - figures.length - 3);
  if (room < MIN_BAR) return figures.slice(0, columns);
  const filled = Math.round(share * room);
  return `[${'█'.repeat(filled)}${'·'.repeat(room - filled)}] ${figures}`;
}

function known(value: number, figure: string): string[] {
  return Number.isNaN(value) ? [] : [figure];
}

/** Seconds as m:ss or h:mm:ss. */
export function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
