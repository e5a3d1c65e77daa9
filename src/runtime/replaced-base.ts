import type { WholeModel } from '../adapters/whole-model.js';
import { tensor, type Tensor } from '../engine/tensor.js';
import { mapHead } from '../models/head-tensors.js';
import type { Head } from '../models/heads.js';
import { requireFamily } from '../models/families.js';
import { assemble } from '../models/load.js';
import { quantizeTrunk } from '../models/quantize.js';
import type { HostedBase } from './engine-host.js';

/**
 * The base with a whole model's tensors in the place of its own. What the model leaves as it is stays one tensor in memory
 * for both; heads are the model's alone. Over a base in int8, the model's sites are made int8 as the base's were.
 *
 * @throws ModelError  when the tensors do not make a model of the base's shape
 */
export function replacedBase(base: HostedBase, { config: json, tensors }: WholeModel): HostedBase {
  const family = requireFamily(base.config.modelType);
  const absent = new Map<string, Tensor<'float32'>>();
  for (const [name, { values }] of base.int8Weights ?? []) {
    if (!tensors.has(name)) absent.set(name, standIn(values.shape));
  }
  const all = new Map([...base.weights, ...absent, ...tensors]);
  const { config, sites, weights, heads: read } = assemble(family, json, base.config, all);
  const floats = new Map([...weights].filter(([name]) => !absent.has(name)));
  const heads = Object.fromEntries(Object.entries(read).map(([name, head]: [string, Head]) => [name, unshared(head)]));
  const trunk = { ...base, config, sites, weights: floats, heads };
  if (base.int8Weights === undefined) return trunk;
  const kept = new Map([...base.int8Weights].filter(([name]) => absent.has(name)));
  return quantizeTrunk({ ...trunk, int8Weights: kept });
}

/** The head off shared memory: its weights are fed to its program, and the engine takes no shared memory as input. */
function unshared(head: Head): Head {
  return mapHead(head, (_place, held) =>
    held.data.buffer instanceof SharedArrayBuffer ? tensor('float32', held.shape, new Float32Array(held.data)) : held,
  );
}

/** In the place of a float weight that the base holds in int8 alone; only its shape is looked at. */
function standIn([inside = 0, out = 0]: readonly number[]): Tensor<'float32'> {
  return { ...tensor('float32', [0], new Float32Array()), shape: [out, inside] };
}
