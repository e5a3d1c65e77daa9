import type { TrainingSpecInput } from '../hyperparameters.js';
import type { Facts } from './facts.js';

type LowRankInput = Extract<TrainingSpecInput['method'], { name: 'lora' | 'dora' }>;

/** What rules decide; the last rule that says something of a key holds. */
export interface Advice {
  readonly method: LowRankInput;
  readonly epochs: number;
  readonly batchSize: number;
  /** Factor on the method's default rate. */
  readonly rateFactor: number;
  /** Evaluations without a better `metric`, which is also what the kept step is best at. */
  readonly patience?: number;
  readonly metric: 'loss' | 'entity_f1';
  /** The rank doubles up to this when the training loss stalls. */
  readonly maxRank?: number;
  readonly labelWeights?: 'effective';
}

export interface Rule {
  readonly applies: (facts: Facts) => boolean;
  /** @param so  as the rules before it left it */
  readonly advise: (facts: Facts, so: Advice) => Partial<Advice>;
  /** Why, for the reader of a job's events. */
  readonly reason: (facts: Facts, so: Advice) => string;
}

/** Steps after which small bases have settled in the experiments, by how much there is to tell apart. */
const STEPS = { few: 400, usual: 600, many: 1_200 };
const FEW_LABELS = 4;
const EPOCHS = { min: 3, max: 20 };
const FIRST_RANK = 8;
const FEW_ROWS = 200;
const MANY_ROWS = 20_000;
const MANY_LABELS = 50;
const LONG_TAIL = 10;
const PATIENCE = 3;
/** A rank of at most so many times the first. */
const RISE = 4;

function withRank(rank: number, { method }: Advice): Partial<Advice> {
  return { method: { ...method, rank, alpha: 2 * rank } };
}

/** Two labels are overfitted while seventy, or the entities that few tokens have, are hardly begun. */
function stepsFor({ task, labels }: Facts): number {
  if (task === 'token_classification' || labels.length >= MANY_LABELS) return STEPS.many;
  return task === 'sequence_classification' && labels.length <= FEW_LABELS ? STEPS.few : STEPS.usual;
}

/** What holds before any rule does: of adapters, the method that learns most at its cost in the experiments. */
export const START: Advice = {
  method: {
    name: 'lora',
    rank: FIRST_RANK,
    alpha: 2 * FIRST_RANK,
    targets: ['query', 'key', 'value', 'attention_output', 'ffn_up', 'ffn_down'],
  },
  epochs: EPOCHS.min,
  batchSize: 16,
  rateFactor: 1,
  metric: 'loss',
};

/** In the order in which they are asked. */
export const RULES: readonly Rule[] = [
  {
    applies: () => true,
    advise: () => ({}),
    reason: () =>
      'LoRA on every linear layer: it comes nearest to full fine-tuning of all methods that leave the base shared',
  },
  {
    applies: ({ task }) => task === 'token_classification',
    advise: (_facts, { method: { rank, alpha, targets } }) => ({ method: { name: 'dora', rank, alpha, targets } }),
    reason: () =>
      'DoRA: it finds about a point of entity F1 more than LoRA at a twentieth more parameters; where whole texts are ' +
      'classified it finds no more',
  },
  {
    applies: ({ rows }) => rows < FEW_ROWS,
    advise: (_facts, so) => withRank(4, so),
    reason: ({ rows }) => `rank 4: ${rows} rows say little, and more parameters would learn them by heart`,
  },
  {
    applies: ({ rows }) => rows < FEW_ROWS,
    advise: () => ({ batchSize: 8 }),
    reason: ({ rows }) => `batches of 8: larger ones would leave few steps a pass over ${rows} rows`,
  },
  {
    applies: ({ rows, labels }) => rows >= FEW_ROWS && labels.length >= MANY_LABELS,
    advise: (_facts, so) => withRank(16, so),
    reason: ({ labels }) => `rank 16: ${labels.length} labels need more directions than eight a layer`,
  },
  {
    applies: ({ task, rows }) => rows >= FEW_ROWS && task === 'masked_lm',
    advise: (_facts, so) => withRank(16, so),
    reason: ({ task }) => `rank 16: ${task} has a target at many tokens, so a row says more`,
  },
  {
    applies: ({ rows }) => rows >= MANY_ROWS,
    advise: (_facts, so) => withRank(32, so),
    reason: ({ rows }) => `rank 32: ${rows} rows fill it`,
  },
  {
    applies: ({ rows }) => rows >= MANY_ROWS,
    advise: () => ({ batchSize: 32 }),
    reason: ({ rows }) => `batches of 32: ${rows} rows make steps enough of them`,
  },
  {
    applies: () => true,
    advise: (facts, { batchSize }) => {
      const epochs = Math.ceil((stepsFor(facts) * batchSize) / Math.max(1, facts.rows));
      return { epochs: Math.min(EPOCHS.max, Math.max(EPOCHS.min, epochs)) };
    },
    reason: (facts, { epochs }) =>
      `${epochs} passes over the data: about ${stepsFor(facts)} steps, ${EPOCHS.min} to ${EPOCHS.max} passes`,
  },
  {
    applies: ({ task, problem, labels, imbalance }) =>
      task === 'sequence_classification' && problem === 'single' && labels.length > 1 && imbalance > LONG_TAIL,
    advise: () => ({ labelWeights: 'effective' }),
    reason: ({ imbalance }) =>
      `labels weigh by their effective number of rows: the commonest has ${imbalance.toFixed(0)} times the rarest's rows`,
  },
  {
    applies: ({ hasValidation, task }) => hasValidation && task === 'token_classification',
    advise: (_facts, { epochs }) => ({ metric: 'entity_f1', patience: Math.ceil(epochs) }),
    reason: () =>
      'keeps the step with the best F1 over entities and does not end early: most tokens are outside of any, so the loss ' +
      'is least before they are found',
  },
  {
    applies: ({ hasValidation, task }) => hasValidation && task !== 'token_classification',
    advise: () => ({ patience: PATIENCE }),
    reason: () => `ends early when ${PATIENCE} evaluations in a row bring no better validation loss`,
  },
  {
    applies: ({ rows }) => rows >= FEW_ROWS,
    advise: (_facts, { method }) => ({ maxRank: RISE * (method.rank ?? FIRST_RANK) }),
    reason: (_facts, { maxRank }) =>
      `a job of method auto doubles the rank, up to ${maxRank}, when its training loss stalls above a tenth of where it began`,
  },
];
