import type { AdapterFiles } from '../../adapters/files.js';
import { peftFiles, TUNER_PREFIX } from '../../adapters/peft-format.js';
import { requireSite } from '../../models/site-lookup.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import { peftConfig } from '../methods/peft-files.js';
import { targetNames } from '../methods/target-names.js';
import type { TrainingBase } from '../step/run-model.js';
import { factorsAt, type Squad } from './squad.js';

/** One expert as PEFT has a LoRA adapter without a head. */
export function expertFiles(squad: Squad, expert: number, base: TrainingBase): AdapterFiles {
  const { places, rank, alpha } = squad;
  const roles = [...new Set(places.map(({ role }) => role))];
  const layers = [...new Set(places.map(({ layer }) => layer))];
  const config = peftConfig(
    { base, task: 'embedding' },
    {
      ...{ peft_type: 'LORA', r: rank, lora_alpha: alpha, lora_dropout: 0, bias: 'none', fan_in_fan_out: false },
      target_modules: targetNames(base, '', roles, layers).names,
      modules_to_save: null,
      init_lora_weights: true,
      layers_pattern: null,
      layers_to_transform: null,
    },
  );
  const weights = new Map<string, Tensor<'float32'>>();
  for (const place of places) {
    const { module } = requireSite(base.sites, place.role, place.layer);
    const { a, b } = factorsAt(squad, place);
    weights.set(`${TUNER_PREFIX}${module}.lora_A.weight`, ranksOf(a, expert, rank));
    weights.set(`${TUNER_PREFIX}${module}.lora_B.weight`, turned(ranksOf(b, expert, rank)));
  }
  return peftFiles(config, weights);
}

/** [experts · rank, width] → [rank, width] */
function ranksOf(held: Tensor<'float32'>, expert: number, rank: number): Tensor<'float32'> {
  const [, width = 0] = held.shape;
  return tensor('float32', [rank, width], held.data.slice(expert * rank * width, (expert + 1) * rank * width));
}

/** [rows, columns] → [columns, rows] */
function turned({ shape, data }: Tensor<'float32'>): Tensor<'float32'> {
  const [rows = 0, columns = 0] = shape;
  const turned = Float32Array.from(data, (_, at) => data[(at % rows) * columns + Math.floor(at / rows)]!);
  return tensor('float32', [columns, rows], turned);
}
