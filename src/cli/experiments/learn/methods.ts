import type { TrainingSpecInput } from '../../../training/hyperparameters.js';

export interface LearnMethod {
  readonly name: string;
  readonly method: TrainingSpecInput['method'];
  /** Trained with three seeds. */
  readonly isMain?: true;
  /** First goes on with masked LM on the training texts. */
  readonly adaptsFirst?: true;
  /** How the trained files are opened, where the method does not open what it writes. */
  readonly openedAs?: TrainingSpecInput['method'];
}

const lora = {
  name: 'lora' as const,
  rank: 8,
  alpha: 16,
  targets: [
    'query' as const,
    'key' as const,
    'value' as const,
    'attention_output' as const,
    'ffn_up' as const,
    'ffn_down' as const,
  ],
};
const whole = { openedAs: { name: 'full' } } as const;

/** The rows of the table. */
export const LEARN_METHODS: readonly LearnMethod[] = [
  { name: 'lora', method: lora, isMain: true },
  { name: 'full', method: { name: 'full' }, isMain: true, ...whole },
  { name: 'prompt', method: { name: 'prompt' } },
  { name: 'tapt+lora', method: lora, adaptsFirst: true },
  { name: 'bitfit', method: { name: 'bitfit' } },
  { name: 'dora', method: { ...lora, name: 'dora' }, isMain: true },
  { name: 'ia3', method: { name: 'ia3' }, isMain: true },
  { name: 'pfeiffer', method: { name: 'bottleneck', placement: 'pfeiffer' }, isMain: true },
  { name: 'prefix', method: { name: 'prefix' }, isMain: true },
  { name: 'rslora', method: { ...lora, rankStabilised: true, alpha: 6 } },
  { name: 'lora+', method: { ...lora, rateRatio: 4 } },
  { name: 'houlsby', method: { name: 'bottleneck', placement: 'houlsby' } },
  { name: 'parallel', method: { name: 'bottleneck', placement: 'parallel' } },
  {
    name: 'prefix-projected',
    method: { name: 'prefix', projection: true },
    openedAs: { name: 'prefix' },
  },
  { name: 'p-tuning', method: { name: 'p_tuning' } },
  { name: 'p-tuning-lstm', method: { name: 'p_tuning', encoder: 'lstm' } },
  { name: 'partial', method: { name: 'partial', topLayers: 2 }, ...whole },
  { name: 'progressive', method: { name: 'progressive' }, ...whole },
  { name: 'hybrid', method: { ...lora, name: 'hybrid', topLayers: 2 }, ...whole },
];
