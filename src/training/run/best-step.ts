import type { Metrics } from '../events.js';

export interface StoppingRule {
  readonly metric: string;
  readonly patience: number;
  readonly minDelta: number;
}

/** What is kept of the evaluations so far; goes into checkpoints. */
export interface BestStep {
  readonly step: number;
  readonly value: number;
  readonly metrics: Metrics;
  /** Evaluations since then without an improvement. */
  readonly stale: number;
}

/** A loss gets better by falling, all else by rising. */
function isBetter(metric: string, value: number, than: number, minDelta: number): boolean {
  return metric === 'loss' ? value < than - minDelta : value > than + minDelta;
}

/** The best step after one more evaluation. Equal values keep the earlier step. */
export function afterEvaluation(
  best: BestStep | undefined,
  { metric, minDelta }: Pick<StoppingRule, 'metric' | 'minDelta'>,
  evaluated: { readonly step: number; readonly metrics: Metrics },
): BestStep {
  const value = evaluated.metrics[metric] ?? NaN;
  if (best && !isBetter(metric, value, best.value, minDelta)) return { ...best, stale: best.stale + 1 };
  return { ...evaluated, value, stale: 0 };
}

export function isStale(best: BestStep | undefined, rule: StoppingRule | undefined): boolean {
  return rule !== undefined && best !== undefined && best.stale >= rule.patience;
}
