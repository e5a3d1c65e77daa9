import { defaultRate, type AskedMethod } from '../methods/default-rates.js';
import type { TrainingSpecInput } from '../hyperparameters.js';
import type { Facts } from './facts.js';
import { RULES, START, type Advice } from './rules.js';

/** A run as the rules have it, and why. */
export interface Plan {
  readonly method: TrainingSpecInput['method'];
  readonly learningRate: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly labelWeights?: 'effective';
  readonly earlyStopping?: { readonly metric: Advice['metric']; readonly patience: number };
  /** What is done when the training loss stalls; for runs that do not go on from an adapter. */
  readonly adapt?: { readonly maxRank: number };
  readonly reasons: readonly string[];
}

export type Asked = Partial<Pick<Advice, 'batchSize' | 'epochs'>>;

export interface AdviseOptions {
  /** The method that was asked for, of which the advisor then says the rate only. */
  readonly method?: AskedMethod | undefined;
  /** What the caller has settled; rules that would say something else of it do not speak. */
  readonly asked?: Asked | undefined;
  /** Tokens that the machine trains on in a second, for a budget. */
  readonly tokensPerSecond?: number;
}

/** Measured on two cores with bases of tessera-tiny's size. */
const TOKENS_PER_SECOND = 2_000;

/** The plan of a run: the rules in turn, then the budget, then the learning rate of the method. */
export function advise(facts: Facts, options: AdviseOptions = {}): Plan {
  const { asked = {} } = options;
  let advice: Advice = { ...START, ...asked };
  const reasons: string[] = [];
  for (const { applies, advise: change, reason } of RULES) {
    if (!applies(facts)) continue;
    const changes = change(facts, advice);
    if (Object.keys(changes).some((key) => Object.hasOwn(asked, key))) continue;
    advice = { ...advice, ...changes };
    reasons.push(reason(facts, advice));
  }
  const { tokensPerSecond = TOKENS_PER_SECOND } = options;
  const epochs = asked.epochs ?? withinBudget(advice.epochs, facts, tokensPerSecond, reasons);
  const asks = options.method ?? advice.method;
  const rate = defaultRate(asks);
  reasons.push(`learning rate ${rate}: the default of ${asks.name}, tuned on another task`);
  const { method, batchSize, metric, patience, labelWeights, maxRank } = advice;
  return {
    method,
    learningRate: rate * advice.rateFactor,
    epochs,
    batchSize,
    ...(labelWeights && { labelWeights }),
    ...(patience !== undefined && { earlyStopping: { metric, patience } }),
    ...(maxRank !== undefined && { adapt: { maxRank } }),
    reasons,
  };
}

/** As many passes as the budget has time for; a part of one when it has not even for one. */
function withinBudget(epochs: number, facts: Facts, tokensPerSecond: number, reasons: string[]): number {
  const { budgetSeconds, rows, rowTokens } = facts;
  if (budgetSeconds === undefined) return epochs;
  const possible = (budgetSeconds * tokensPerSecond) / Math.max(1, rows * rowTokens);
  if (possible >= epochs) return epochs;
  const kept = possible >= 1 ? Math.floor(possible) : possible;
  reasons.push(`${Number(kept.toPrecision(2))} passes only: the budget is ${budgetSeconds} s`);
  return kept;
}
