import type { AdapterBase } from '../../adapters/adapter-base.js';
import { toConfig, canonicalJson } from '../../adapters/config.js';
import type { AdapterFiles } from '../../adapters/files.js';
import { readGates } from '../../adapters/routing/gate-tensors.js';
import { readRouterFields, ROUTER_FILE, ROUTER_WEIGHTS } from '../../adapters/routing/router-files.js';
import { readUsage } from '../../adapters/routing/router-usage.js';
import { readWeights, requireFile, type FloatTensor, type Weights } from '../../adapters/weights.js';
import { IncompatibleAdapterError } from '../../common/errors.js';
import { writeSafetensors } from '../../engine/io/safetensors.js';
import { sizeOf, tensor } from '../../engine/tensor.js';
import { GATE_PLACES } from '../../adapters/brick.js';
import type { TaskUsage } from './choose-experts.js';

/** A stored router of a task, as far as a cut reads it. */
export interface StoredRouter {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly experts: number;
  readonly layers: number;
  readonly weights: Weights;
  /** Of the places and layers that it routes. */
  readonly usage: TaskUsage;
}

/** @throws IncompatibleAdapterError  for a router without usage: nothing says which experts its task needs */
export function openRouter(files: AdapterFiles, { sites }: Pick<AdapterBase, 'sites'>): StoredRouter {
  const fields = readRouterFields(files);
  if (!fields) throw refused('expected a router.json', 'none');
  const { experts } = fields;
  const weights = readWeights(requireFile(files, ROUTER_WEIGHTS), ROUTER_WEIGHTS);
  readGates(weights, sites, experts);
  const stored = readUsage(weights, experts, sites.layers);
  const usage = GATE_PLACES.flatMap((place) => {
    const all = stored[place];
    return all ? layersOf(all, sites.layers).map((own, layer) => [`${place}.${layer}`, own] as const) : [];
  });
  const used = new Map(usage.filter(([, own]) => own.some((share) => share > 0)));
  if (used.size > 0) return { fields, experts, layers: sites.layers, weights, usage: used };
  throw refused('expected one that says how its task used each expert, as a mod_squad job makes it', 'one without');
}

/** The files of the router for those experts that stay, by the places' names; where it routes nothing it holds zeros. */
export function cutRouter(router: StoredRouter, kept: ReadonlyMap<string, readonly number[]>): AdapterFiles {
  const { fields, layers, weights } = router;
  const [some = []] = kept.values();
  const cut = (name: string, held: FloatTensor): FloatTensor => {
    const [kind = '', place = ''] = name.split('.');
    if (kind !== 'gates' && kind !== 'usage') return held;
    const width = sizeOf(held.shape.slice(2)); // of [experts, layers, width] or [experts, layers]
    const data = new Float32Array(some.length * layers * width);
    for (let layer = 0; layer < layers; layer++)
      kept.get(`${place}.${layer}`)?.forEach((expert, at) => {
        const from = (expert * layers + layer) * width;
        data.set(held.data.subarray(from, from + width), (at * layers + layer) * width);
      });
    return tensor('float32', [some.length, ...held.shape.slice(1)], data);
  };
  const json = canonicalJson(toConfig({ ...fields, experts: some.length }), 2);
  const own = new Map([...weights].map(([name, held]) => [name, cut(name, held)]));
  return new Map<string, Uint8Array>([
    [ROUTER_FILE, new TextEncoder().encode(`${json}\n`)],
    [ROUTER_WEIGHTS, writeSafetensors(own)],
  ]);
}

/** [experts, layers] → of each layer [experts] */
function layersOf(usage: Float32Array, layers: number): Float32Array[] {
  return Array.from({ length: layers }, (_none, layer) => usage.filter((_share, at) => at % layers === layer));
}

function refused(rule: string, got: string): IncompatibleAdapterError {
  return new IncompatibleAdapterError(`router: ${rule}, got ${got}`, { param: 'name' });
}
