import { IncompatibleAdapterError } from '../../common/errors.js';
import type { BlockSlot } from '../../models/row-hooks.js';
import type { AdapterBase } from '../adapter-base.js';
import {
  checkHubModel,
  HUB_HEAD_CONFIG,
  hubMethodConfig,
  hubTask,
  judgeHubKeys,
  requireTensor,
} from '../adapterhub-format.js';
import { placeHubHead } from '../adapterhub-head.js';
import type { Brick, FusionMatrices } from '../brick.js';
import { BrickBuilder } from '../brick-builder.js';
import { booleanKey, parseConfig, type Config } from '../config.js';
import { empty } from '../describe.js';
import { adapterDigest } from '../digest.js';
import type { AdapterFiles } from '../files.js';
import type { ImportedAdapter } from '../import-weights.js';
import { requireKeys } from '../key-rules.js';
import { cardProblem, headLabels, outputsOf } from '../labels.js';
import { slotOf } from '../methods/bottleneck.js';
import { brickArrays, brickBytes } from '../packed.js';
import { multiply } from '../pages.js';
import { Places } from '../places.js';
import type { ConformanceReport } from '../report.js';
import type { ImportOptions } from '../resolve.js';
import { inferredTask } from '../task.js';
import { expectShape, listed, type Weights } from '../weights.js';
import { FUSION_CONFIG, FUSION_KEYS, FUSION_WEIGHTS, readHubFusion, type HubFusion } from './hub-fusion.js';
import { MAX_EXPERTS } from './router-files.js';

const FILES: readonly string[] = [
  FUSION_CONFIG,
  FUSION_WEIGHTS,
  HUB_HEAD_CONFIG,
  'model_head.safetensors',
  'card.json',
];

/**
 * An AdapterFusion of AdapterHub on a base, as a router of its bottlenecks: of each module M = QᵀK, m = Kᵀ·b_q and V, and the
 * head that was saved beside it.
 *
 * @param config  as `readFusionConfig` gives it
 * @throws IncompatibleAdapterError  for keys that ask for another formula, and tensors or a head that do not fit the base
 */
export function importFusion(
  files: AdapterFiles,
  config: Config,
  base: AdapterBase,
  options: ImportOptions = {},
): ImportedAdapter {
  const beside = [...files.keys()].find((name) => !FILES.includes(name));
  if (beside !== undefined)
    throw refused(FUSION_CONFIG, `must be ${FILES.join(', ')} alone, got ${beside} beside them`);
  const fusion = readHubFusion(files, config);
  const keys = judgeHubKeys(config, FUSION_KEYS, fusion.head?.config);
  requireKeys(keys);
  checkHubModel(config, base.config);
  checkMembers(fusion.members);
  const matrices = matricesOf(fusion, base);
  const { head, task } = headOf(fusion, base, options);
  const card = files.get('card.json');
  const cardConfig = card && parseConfig(card, 'card.json');
  const labels =
    head &&
    headLabels(outputsOf(head), {
      given: options.labels,
      problem: options.problem ?? cardProblem(cardConfig),
      card: cardConfig,
      headConfig: fusion.head?.config,
    });
  const brick: Brick = {
    ...{ lowRank: {}, embeddings: [], vectors: {}, bottlenecks: [] },
    ...{ fusion: matrices, experts: fusion.members.length, ...(head && { head }) },
  };
  const bad = brickArrays(brick).find(([, data]) => !data.every(Number.isFinite));
  if (bad) throw refused(bad[0], 'products must be finite in float32, got others');
  const digest = adapterDigest(files, labels);
  const all = [...[...fusion.modules.values()].flatMap((one) => [...one]), ...(fusion.head?.weights ?? [])];
  const report: ConformanceReport = {
    ...empty(files),
    ...{ format: 'adapterhub', method: 'adapter_fusion', served: true, task, keys, digest, ...labels },
    tensors: all.map(([name, { shape }]) => ({ name, dtype: 'F32', shape })),
    parameters: all.reduce((sum, [, { data }]) => sum + data.length, 0),
    ...(head && { head: { kind: head.kind, outputs: outputsOf(head) ?? 0 } }),
    base: base.config.family,
    residentBytes: brickBytes(brick),
  };
  return { brick, ...(labels && { labels }), task, report, digest };
}

function matricesOf({ config, modules }: HubFusion, base: AdapterBase): NonNullable<Brick['fusion']> {
  const { layers, hidden } = base.config;
  const places = new Places(base);
  const made: Partial<Record<BlockSlot, FusionMatrices>> = {};
  for (const [module, tensors] of modules) {
    const { slot, layer } = slotOf(module, places, layers);
    const all = (made[slot] ??= {
      score: new Float32Array(layers * hidden * hidden),
      offset: new Float32Array(layers * hidden),
      value: new Float32Array(layers * hidden * hidden), // of a layer without a fusion nothing acts
    });
    const own = fusionMatrices(hubMethodConfig(config), tensors, module, hidden);
    all.score.set(own.score, layer * hidden * hidden);
    all.offset.set(own.offset, layer * hidden);
    all.value.set(own.value, layer * hidden * hidden);
  }
  return made;
}

/** M = QᵀK [hidden, hidden], m = Kᵀ·b_q [hidden] and V of one layer; a matrix that the configuration leaves out is I. */
function fusionMatrices(config: Config, tensors: Weights, module: string, hidden: number): FusionMatrices {
  const left = new Set(tensors.keys());
  const read = (rest: string, shape: readonly number[]): Float32Array => {
    const value = requireTensor(tensors, module, rest);
    expectShape(`${module}: ${rest}`, value, shape);
    left.delete(rest);
    return value.data;
  };
  const part = (key: string): Float32Array =>
    booleanKey(config, key, true) ? read(`${key}.weight`, [hidden, hidden]) : identity(hidden);
  const bias = (key: string): Float32Array =>
    booleanKey(config, key, true) ? read(`${key}.bias`, [hidden]) : new Float32Array(hidden);
  const [query, key, value] = [part('query'), part('key'), part('value')];
  const offset = multiply(bias('query'), key, 1, hidden, hidden);
  bias('key'); // adds the same to the scores of all members
  if (left.size > 0)
    throw new IncompatibleAdapterError(`${module}: must hold query, key and value, got ${listed([...left])}`, {
      param: module,
    });
  return { score: multiply(transposed(query, hidden), key, hidden, hidden, hidden), offset, value };
}

function headOf(fusion: HubFusion, base: AdapterBase, options: ImportOptions) {
  const { head } = fusion;
  if (!head) return { head: undefined, task: 'embedding' as const };
  const places = new Places(base);
  const modules = [...head.weights.keys()].map((path) => places.canonical(path.slice(0, path.lastIndexOf('.'))));
  const stated = options.task ?? hubTask({ config: fusion.config, modules: fusion.modules, head });
  const task = stated ?? inferredTask(modules, base, places.layout);
  const builder = new BrickBuilder(base, task);
  placeHubHead(head, builder);
  const built = builder.build().head;
  if (built === undefined || built.kind === 'masked_lm')
    throw refused('head', `must be that of a classification, got ${built ? 'masked_lm' : 'none of its parts'}`);
  return { head: built, task };
}

function checkMembers(members: readonly string[]): void {
  const twice = members.find((name, at) => members.indexOf(name) !== at);
  if (members.length > MAX_EXPERTS || twice !== undefined || members.includes(''))
    throw refused('name', `must name 1 to ${MAX_EXPERTS} adapters, each once, got ${members.join(',').slice(0, 120)}`);
}

function transposed(matrix: Float32Array, size: number): Float32Array {
  return matrix.map((_, at) => matrix[(at % size) * size + Math.floor(at / size)]!);
}

function identity(size: number): Float32Array {
  return Float32Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
}

function refused(param: string, rule: string): IncompatibleAdapterError {
  return new IncompatibleAdapterError(`${param}: ${rule}`, { param });
}
