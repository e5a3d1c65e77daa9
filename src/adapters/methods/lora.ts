import { IncompatibleAdapterError } from '../../common/errors.js';
import { booleanKey, numberKey, show, type Config, type JsonValue } from '../config.js';
import { honoured, ignored, off, type KeyRule, type KeyRules } from '../key-rules.js';
import { biasRule, TARGET_KEYS } from '../peft-format.js';
import { tuner, type TunerLayer } from '../peft-tuner.js';
import type { ModuleUpdate } from '../update.js';
import { expectShape } from '../weights.js';
import { doraUpdate } from './dora.js';

/** How PEFT started the factors. Some ways also change the base weight, which then is not ours any more. */
const initLoraWeights: KeyRule = {
  kind: 'only',
  reason:
    'an initialisation that changes the base weight needs its adapter converted (path_initial_model_for_weight_conversion)',
  accepts: (value) =>
    value === null || typeof value === 'boolean' || ['gaussian', 'eva', 'orthogonal'].some((name) => name === value),
};
const atStart = ignored('used only when the factors are initialised');

/** Keys of LoRA, which AdaLoRA writes too. */
export const LORA_KEYS: KeyRules = {
  ...TARGET_KEYS,
  ...biasRule('lora_only'),
  r: honoured,
  lora_alpha: honoured,
  lora_dropout: ignored('dropout is off in inference'),
  use_rslora: honoured,
  use_dora: honoured,
  lora_bias: honoured,
  rank_pattern: honoured,
  alpha_pattern: honoured,
  init_lora_weights: initLoraWeights,
  loftq_config: atStart,
  eva_config: atStart,
  corda_config: atStart,
  lora_ga_config: atStart,
  merge_weights: ignored('a switch of the training process'),
  megatron_core: ignored('used only with megatron_config'),
  qalora_group_size: ignored('used only with use_qalora'),
  megatron_config: off('tensor-parallel layers of Megatron are not served'),
  trainable_token_indices: off('trained single token embeddings are not served'),
  velora_config: off('VeLoRA is not served'),
  alora_invocation_tokens: off('aLoRA starts at an invocation token, rows here are adapted whole'),
  use_qalora: off('QALoRA pools the input, which has no form in rank pages'),
  monteclora_config: off('MonteCLoRA samples its factors'),
  layer_replication: off('a base with replicated layers is another base'),
  target_parameters: off('LoRA on bare parameters is not served'),
  use_bdlora: off('block-diagonal LoRA is not served'),
  arrow_config: off('Arrow routes between adapters by the input'),
  kasa_config: off('KaSA changes the base weight'),
  ensure_weight_tying: off('adapters tied over embedding and decoder are not served'),
  enable_lora: off('merged projections of GPT-2 have no part in an encoder'),
};

export type LoraField = 'a' | 'b' | 'bias' | 'magnitude' | 'embeddingA' | 'embeddingB';

/** α/r, or α/√r for rank-stabilised LoRA (Kalajdzievski 2023, arXiv:2312.03732). */
export function loraScale(config: Config, alpha: number, rank: number): number {
  return alpha / (booleanKey(config, 'use_rslora', false) ? Math.sqrt(rank) : rank);
}

/** The configured rank of a module: its `rank_pattern`, else `r`. */
function rankOf({ patterns, config, path }: TunerLayer<LoraField>): number {
  return positive('rank_pattern', patterns.value('rank_pattern', path) ?? numberKey(config, 'r', 8));
}

function positive(key: string, value: JsonValue): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
  throw new IncompatibleAdapterError(`${key}: must be an integer of at least 1, got ${show(value)}`, { param: key });
}

/** α of a module: its `alpha_pattern`, else `lora_alpha`. */
export function alphaOf({
  patterns,
  config,
  path,
}: Pick<TunerLayer<LoraField>, 'patterns' | 'config' | 'path'>): number {
  const alpha = patterns.value('alpha_pattern', path) ?? numberKey(config, 'lora_alpha', 8);
  if (typeof alpha === 'number') return alpha;
  throw new IncompatibleAdapterError(`alpha_pattern: must hold numbers, got ${show(alpha)}`, {
    param: 'alpha_pattern',
  });
}

/**
 * Low-rank adaptation: y = W·x + b + s·(B·A·x + b_B), s = α/r.
 *
 * A [r, in], B [out, r]; for an embedding table A [r, rows], B [width, r]. Rank and alpha are each module's own, by the
 * patterns of the configuration, and the rank must be that of the tensors.
 *
 * Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", arXiv:2106.09685.
 */
export const lora = tuner<LoraField>({
  name: 'lora',
  type: 'LORA',
  keys: LORA_KEYS,
  params: {
    a: 'lora_A.weight',
    b: 'lora_B.weight',
    bias: 'lora_B.bias',
    magnitude: 'lora_magnitude_vector',
    embeddingA: 'lora_embedding_A',
    embeddingB: 'lora_embedding_B',
  },
  kinds: ['site', 'embedding', 'head'],
  ranks: ({ layers }) => [...layers.values()].map(({ a, embeddingA }) => (a ?? embeddingA)?.shape[0] ?? 0),
  update: loraUpdate,
});

function loraUpdate(layer: TunerLayer<LoraField>): ModuleUpdate {
  const { path, config } = layer;
  const embedding = layer.kind === 'embedding';
  const a = layer.require(embedding ? 'embeddingA' : 'a');
  const b = layer.require(embedding ? 'embeddingB' : 'b');
  const rank = rankOf(layer);
  expectShape(`${path}: A`, a, [rank, layer.in]);
  expectShape(`${path}: B`, b, [layer.out, rank]);
  const scale = loraScale(config, alphaOf(layer), rank);
  const lowRank = { rank, a: a.data, b: b.data.map((value) => value * scale) };
  requireOnly(layer, 'lora_bias', 'bias', 'lora_B.bias');
  requireOnly(layer, 'use_dora', 'magnitude', 'lora_magnitude_vector');
  if (booleanKey(config, 'use_dora', false)) return doraUpdate(layer, layer.require('magnitude'), lowRank);
  if (!booleanKey(config, 'lora_bias', false) || embedding) return { lowRank };
  const bias = layer.require('bias');
  expectShape(`${path}.lora_B.bias`, bias, [layer.out]);
  return { lowRank, biasDelta: bias.data.map((value) => value * scale) };
}

/** A tensor that comes with a switch must not be there without it. */
function requireOnly(layer: TunerLayer<LoraField>, key: string, field: LoraField, tensor: string): void {
  if (booleanKey(layer.config, key, false) || layer.find(field) === undefined) return;
  throw new IncompatibleAdapterError(`${key}: must be true where the file holds ${layer.path}.${tensor}, got false`, {
    param: key,
  });
}
