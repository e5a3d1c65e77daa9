import { stringKey, toConfig, type Config } from '../../adapters/config.js';
import type { AdapterFiles } from '../../adapters/files.js';
import { lora, type LoraField } from '../../adapters/methods/lora.js';
import type { LayerTensors } from '../../adapters/peft-tuner.js';
import { savedModules } from '../../adapters/targeting.js';
import { tensor } from '../../engine/tensor.js';
import type { LoraSource } from './lora-source.js';
import type { MergedModule } from './merge-module.js';
import { transposed } from './singular-values.js';

const CARD = 'card.json';
/** Keys that say which model the adapter is for. */
const IDENTITY = ['auto_mapping', 'base_model_name_or_path', 'revision'];

/** One module of the result, as the members have it. */
export interface PlacedModule {
  readonly merged: MergedModule;
  readonly isEmbedding: boolean;
  readonly in: number;
  readonly out: number;
}

/**
 * The files of a merged LoRA adapter. Modules are named by their whole paths; alpha is the rank of each, so the scale is 1
 * whatever the members' was. A module has the ranks that it needs, by `rank_pattern`.
 *
 * @param head  the member whose head and card are kept, if any
 * @param like  the member whose model and task the result is for
 */
export function mergedFiles(
  modules: ReadonlyMap<string, PlacedModule>,
  like: LoraSource,
  head: LoraSource | undefined,
): AdapterFiles {
  const ranks = [...modules].map(([path, { merged }]) => [path, merged.ranks.rank] as const);
  const rank = Math.max(...ranks.map(([, one]) => one));
  const others = Object.fromEntries(ranks.filter(([, one]) => one !== rank));
  const config = toConfig({
    task_type: taskType(like, head),
    ...identity(like.config),
    inference_mode: true,
    peft_type: 'LORA',
    r: rank,
    lora_alpha: rank,
    rank_pattern: others,
    alpha_pattern: others,
    lora_dropout: 0,
    target_modules: [...modules.keys()],
    modules_to_save: head?.config.get('modules_to_save') ?? null,
    bias: 'none',
    lora_bias: [...modules.values()].some(({ merged }) => merged.bias !== undefined),
    use_rslora: false,
    use_dora: false,
    init_lora_weights: true,
    fan_in_fan_out: false,
  });
  const hasBias = config.get('lora_bias') === true;
  const layers = new Map([...modules].map(([path, module]) => [path, tensorsOf(module, hasBias)]));
  const files = lora.write({ config, layers, shared: new Map(), saved: head?.saved ?? new Map() });
  const card = head?.files.get(CARD);
  return new Map([...files, ...(card ? [[CARD, card] as const] : [])]);
}

function identity(config: Config): Record<string, unknown> {
  return Object.fromEntries(IDENTITY.map((key) => [key, config.get(key) ?? null]));
}

/** PEFT takes the name of a classification as a promise of a head. */
function taskType({ config }: LoraSource, head: LoraSource | undefined): string | null {
  const type = stringKey(config, 'task_type', '');
  const promisesHead = savedModules(toConfig({ task_type: type })).length > 0;
  return type === '' || (promisesHead && !head) ? null : type;
}

function tensorsOf({ merged, isEmbedding, in: inWidth, out }: PlacedModule, hasBias: boolean): LayerTensors<LoraField> {
  const { rank, a, b } = merged.ranks;
  const down = tensor('float32', [rank, inWidth], Float32Array.from(a));
  const up = tensor('float32', [out, rank], Float32Array.from(transposed(b, rank, out)));
  if (isEmbedding) return { embeddingA: down, embeddingB: up };
  const bias = Float32Array.from(merged.bias ?? new Float64Array(out));
  return { a: down, b: up, ...(hasBias && { bias: tensor('float32', [out], bias) }) };
}
