import type { Brick } from '../../adapters/brick.js';
import { ValidationError } from '../../common/errors.js';
import { encodeRows, expectRunning, type FitData, type FitWatch } from '../../training/fits/learn-gains.js';
import { evolve } from '../../training/fits/evolution.js';
import { shotLoss } from '../../training/fits/shot-loss.js';
import type { EncodedExample } from '../../training/run/encoded-example.js';
import type { Row, Runtime } from '../protocol.js';

export interface FitMember {
  readonly name: string;
  readonly brick: Brick;
}

export interface LoraHubFit extends Omit<FitData, 'head'> {
  readonly members: readonly FitMember[];
  /** Whose head answers, with `labels`: the base's, or that of a member. */
  readonly head?: 'base' | { readonly member: string };
  /** How often the loss is computed. */
  readonly evaluations?: number;
  /** What a mean |w| of 1 adds to the loss. */
  readonly penalty?: number;
  /** Weights stay in −bound … bound. */
  readonly bound?: number;
  readonly seed?: number;
}

export const LORA_HUB_DEFAULTS = { evaluations: 200, penalty: 0.05, bound: 1.5, seed: 0 } as const;

export interface LoraHubResult {
  /** Of the members in their order, with four decimals. */
  readonly weights: readonly number[];
  /** Mean loss of the shots with these weights, the penalty left out. */
  readonly loss: number;
  /** The same of the base alone. */
  readonly baseLoss: number;
}

/** Standard deviation of the first tries. */
const SPREAD = 0.3;
/** Rows of a batch. */
const BATCH = 32;
const DECIMALS = 1e4;

/**
 * Weights of a sum of adapters for a task with a few examples, found without gradients: the least
 * mean loss + penalty · mean|wᵢ|, from w = 0. The members' own updates are summed as they are served, Σ wᵢ · ΔWᵢ, where the
 * authors add up factors, which brings cross terms.
 *
 * Huang et al. 2024, "LoraHub: Efficient Cross-Task Generalization via Dynamic LoRA Composition", §3, arXiv:2307.13269.
 *
 * Cost: `evaluations` forward passes over the examples.
 *
 * @param runtime  of `base`; the members are loaded into it under names of the fit's own, and leave it
 * @throws ValidationError  for members that are not weighed, such as virtual tokens, and for rows without what the task needs
 */
export async function fitLoraHub(
  fit: LoraHubFit,
  runtime: Pick<Runtime, 'load' | 'unload' | 'run'>,
  watch: FitWatch = {},
): Promise<LoraHubResult> {
  const { members, head = 'base', evaluations, penalty, bound, seed } = { ...LORA_HUB_DEFAULTS, ...fit };
  if (members.length === 0) throw new ValidationError('fit: members: expected at least one, got none');
  const headOf = head === 'base' ? head : idOf(head.member);
  if (head !== 'base' && !members.some(({ name }) => name === head.member))
    throw new ValidationError(`fit: head: expected a member, got ${head.member}`);
  const rows = encodeRows(fit).sort((a, b) => a.inputIds.length - b.inputIds.length);
  const tokens = rows.reduce((sum, row) => sum + row.tokens, 0);
  try {
    for (const { name, brick } of members) await runtime.load(idOf(name), brick);
    const lossOf = async (weights: readonly number[]): Promise<number> => {
      const bricks = members.map(({ name }, at) => ({ id: idOf(name), weight: weights[at] ?? 0 }));
      return meanLoss(fit, rows, { bricks, heads: [headOf] }, runtime);
    };
    const cost = async (weights: readonly number[]): Promise<number> =>
      (await lossOf(weights)) + (penalty * weights.reduce((sum, weight) => sum + Math.abs(weight), 0)) / members.length;
    let least = Infinity;
    const { best } = await evolve(
      async (x, step) => {
        await expectRunning(watch);
        const found = await cost(rounded(x));
        least = Math.min(least, found);
        watch.onStep?.({ step, totalSteps: evaluations, loss: least, gradNorm: 0, learningRate: 0, tokens });
        return found;
      },
      { start: members.map(() => 0), spread: SPREAD, bound, evaluations, seed },
    );
    const weights = rounded(best);
    return { weights, loss: await lossOf(weights), baseLoss: await lossOf(members.map(() => 0)) };
  } finally {
    for (const { name } of members) await runtime.unload(idOf(name));
  }
}

/** The mean loss of examples that are answered as `answered` says. */
async function meanLoss(
  { task, labels }: Pick<LoraHubFit, 'task' | 'labels'>,
  examples: readonly EncodedExample[],
  answered: Pick<Row, 'bricks' | 'heads'>,
  runtime: Pick<Runtime, 'run'>,
): Promise<number> {
  const kind = task === 'token_classification' ? 'token' : 'sequence';
  let [sum, weight] = [0, 0];
  for (let from = 0; from < examples.length; from += BATCH) {
    const batch = examples.slice(from, from + BATCH);
    const { rows } = await runtime.run(
      batch.map(({ inputIds, tokenTypeIds }) => ({
        inputIds,
        ...(tokenTypeIds && { tokenTypeIds }),
        ...answered,
        task: { kind },
      })),
    );
    rows.forEach(({ data }, at) => {
      const loss = shotLoss(data, batch[at] as EncodedExample, labels);
      sum += loss.sum;
      weight += loss.weight;
    });
  }
  return sum / weight;
}

function rounded(weights: readonly number[]): number[] {
  return weights.map((weight) => Math.round(weight * DECIMALS) / DECIMALS + 0);
}

function idOf(member: string): string {
  return `fit:${member}`;
}
