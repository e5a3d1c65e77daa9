import { Random } from '../../common/random.js';
import { ValidationError } from '../../common/errors.js';

export interface EvolutionSettings {
  /** Where the search begins. */
  readonly start: readonly number[];
  /** Standard deviation of the first steps. */
  readonly spread: number;
  /** Each number stays in −bound … bound. */
  readonly bound: number;
  /** How often the function is asked, the start included. */
  readonly evaluations: number;
  readonly seed: number;
}

export interface Evolved {
  readonly best: readonly number[];
  readonly value: number;
}

/** Rates of Igel et al., by the number of dimensions n. */
function ratesOf(n: number) {
  return {
    damping: 1 + n / 2,
    targetSuccess: 2 / 11,
    successRate: 1 / 12,
    pathRate: 2 / (n + 2),
    covarianceRate: 2 / (n * n + 6),
    /** Above this share of successes the step is too short to tell its direction. */
    successThreshold: 0.44,
  };
}

/**
 * The least value found of a function without gradients: (1+1)-CMA-ES. One point x is kept; x + σ·A·z, z normal, replaces it
 * when it is no worse; σ grows when more than 2/11 of the tries succeed and shrinks otherwise, and A·Aᵀ learns the directions
 * of success. It suits some ten to a hundred dimensions and few tries, of which none is thrown away on averaging. Numbers
 * beyond the bound are put on it.
 *
 * Igel, Suttorp and Hansen 2006, "A Computational Efficient Covariance Matrix Update and a (1+1)-CMA for Evolution
 * Strategies", GECCO, §2–3.
 *
 * Cost: n² a try. A function of its arguments alone.
 *
 * @param evaluate  may be infinite or NaN at bad points, which are then never kept
 * @throws ValidationError  for settings out of range, and where the start itself has no finite value
 */
export async function evolve(
  evaluate: (x: readonly number[], evaluation: number) => Promise<number>,
  settings: EvolutionSettings,
): Promise<Evolved> {
  checkSettings(settings);
  const { start, bound, evaluations, seed } = settings;
  const n = start.length;
  const rates = ratesOf(n);
  const random = Random.stream(seed, 'evolution');
  const factor = Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j): number => (i === j ? 1 : 0)));
  let sigma = settings.spread;
  let success: number = rates.targetSuccess;
  let best: readonly number[] = start.map((value) => clip(value, bound));
  let value = await evaluate(best, 1);
  if (!Number.isFinite(value)) throw new ValidationError(`fit: start: expected a finite value there, got ${value}`);
  for (let evaluation = 2; evaluation <= evaluations; evaluation++) {
    const z = Array.from({ length: n }, () => random.normal());
    const step = factor.map((row) => row.reduce((sum, each, i) => sum + each * z[i]!, 0));
    const tried = best.map((own, i) => clip(own + sigma * step[i]!, bound));
    const found = await evaluate(tried, evaluation);
    const isBetter = found <= value;
    success = (1 - rates.successRate) * success + (isBetter ? rates.successRate : 0);
    sigma *= Math.exp((success - rates.targetSuccess) / (rates.damping * (1 - rates.targetSuccess)));
    if (!isBetter) continue;
    best = tried;
    value = found;
    if (success < rates.successThreshold) learnDirection(factor, z, step, rates.covarianceRate);
  }
  return { best, value };
}

/**
 * A ← √(1 − c)·A + (√(1 − c) / |z|²)·(√(1 + c·|z|² / (1 − c)) − 1)·(A·z)·zᵀ, so that A·Aᵀ becomes
 * (1 − c)·A·Aᵀ + c·(A·z)·(A·z)ᵀ.
 */
function learnDirection(factor: number[][], z: readonly number[], step: readonly number[], c: number): void {
  const length = z.reduce((sum, each) => sum + each * each, 0);
  const kept = Math.sqrt(1 - c);
  const share = (kept / length) * (Math.sqrt(1 + (c * length) / (1 - c)) - 1);
  factor.forEach((row, i) => row.forEach((each, j) => (row[j] = kept * each + share * step[i]! * z[j]!)));
}

function clip(value: number, bound: number): number {
  return Math.max(-bound, Math.min(bound, value));
}

function checkSettings({ start, spread, bound, evaluations }: EvolutionSettings): void {
  const rules: [boolean, string, number][] = [
    [start.length > 0, 'at least one number to find', start.length],
    [start.every(Number.isFinite), 'a finite start', NaN],
    [Number.isFinite(spread) && spread > 0, 'a spread above 0', spread],
    [Number.isFinite(bound) && bound > 0, 'a bound above 0', bound],
    [Number.isInteger(evaluations) && evaluations >= 1, 'at least one evaluation', evaluations],
  ];
  const broken = rules.find(([isKept]) => !isKept);
  if (broken) throw new ValidationError(`fit: search: expected ${broken[1]}, got ${broken[2]}`);
}
