import type { AdapterTask } from '../../adapters/adapter-base.js';
import type { DataCard } from '../datasets/data-card.js';
import type { HeadLabels } from '../../models/heads.js';

/** What is known of a run before it is planned. */
export interface Facts {
  readonly task: AdapterTask;
  readonly problem: HeadLabels['problem'];
  /** Training rows. */
  readonly rows: number;
  readonly hasValidation: boolean;
  /** In the order of the run; empty where there are none. */
  readonly labels: readonly LabelFact[];
  /** Rows of the commonest label over those of the rarest, at least 1. */
  readonly imbalance: number;
  /** Tokens of a typical row; characters over four where they were not counted. */
  readonly rowTokens: number;
  /** Time there is for the run. */
  readonly budgetSeconds?: number | undefined;
}

export interface LabelFact {
  readonly label: string;
  /** Training rows. */
  readonly rows: number;
}

const CHARACTERS_PER_TOKEN = 4;

/** The facts of a prepared data set. */
export function factsOf(card: DataCard, budgetSeconds?: number): Facts {
  const { task, problem, splits, labels, imbalance = 1, lengths } = card;
  return {
    task,
    problem,
    rows: splits.train.rows,
    hasValidation: splits.validation.rows > 0,
    labels: labels.map(({ label, train }) => ({ label, rows: train })),
    imbalance,
    rowTokens: lengths.tokens?.mean ?? lengths.characters.mean / CHARACTERS_PER_TOKEN,
    budgetSeconds,
  };
}
