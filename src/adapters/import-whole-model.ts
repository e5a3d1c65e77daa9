import { isDeepStrictEqual } from 'node:util';
import { IncompatibleAdapterError } from '../common/errors.js';
import { recipeOf, type PiecewiseFile } from '../engine/io/tensor-recipe.js';
import { sizeOf, type Tensor } from '../engine/tensor.js';
import type { BaseHeads } from '../models/base-model.js';
import { requireFamily } from '../models/families.js';
import type { Family } from '../models/family.js';
import { headTensors } from '../models/head-tensors.js';
import type { HeadLabels } from '../models/heads.js';
import { openWeights } from '../models/lazy-weights.js';
import { assemble } from '../models/load.js';
import { DEFAULT_LIMITS, ModelFiles } from '../models/model-files.js';
import type { LocalSource } from '../models/model-source.js';
import { canonicalise, canonicalName } from '../models/tensor-names.js';
import { ADAPTER_TASKS, type AdapterBase, type AdapterTask } from './adapter-base.js';
import type { Brick } from './brick.js';
import { isConfig, parseConfig, type Config } from './config.js';
import { adapterDigest, type DigestedFile } from './digest.js';
import type { PackedAdapter } from './import-packed.js';
import { packedRecipe } from './packed.js';
import { WEIGHTS_FILE, WHOLE_METHODS, type WholeModel } from './whole-model.js';

/** The base that a whole model takes the place of. */
export interface ReplacedBase extends AdapterBase {
  /** Its tokenizer.json, which texts are read with. */
  readonly tokenizerJson: Uint8Array;
}

/** A whole model beside the base. */
export interface OpenWholeModel {
  /** Its numbers are read from the file when they are asked for. */
  readonly brick: Brick & { readonly model: WholeModel };
  readonly heads: BaseHeads;
  readonly labels?: HeadLabels | undefined;
  /** Tensors that are the base's own, by canonical name. */
  readonly shared: ReadonlySet<string>;
  readonly family: Family;
}

/**
 * Opens the files of a whole model and finds what of it is not the base's own. Of each of the two, one tensor at a time is
 * in memory.
 *
 * @throws IncompatibleAdapterError  when it has another shape or tokenizer than the base
 * @throws ModelError                for files that are no model, and for numbers that are not finite
 */
export async function openWholeModel(source: LocalSource, base: ReplacedBase): Promise<OpenWholeModel> {
  const files = new ModelFiles(source);
  const json = await files.readJson('config.json', DEFAULT_LIMITS.configBytes);
  await requireTokenizer(files, base);
  const family = requireFamily(json['model_type']);
  const config = family.parseConfig(json);
  if (!isDeepStrictEqual(config, base.config)) {
    throw new IncompatibleAdapterError('config.json: expected a model of the shape of the base, got another', {
      param: 'config.json',
    });
  }
  const skips = (name: string) => canonicalName(family, name) === undefined;
  const tensors = canonicalise(family, await openWeights(source, files, { ...DEFAULT_LIMITS, skips }));
  const { weights, heads, labels } = assemble(family, json, config, tensors);
  const used = new Set<Tensor>(weights.values());
  for (const head of headsOf(heads)) for (const held of headTensors(head).values()) used.add(held);
  const shared = new Set<string>();
  for (const [name, held] of tensors) if (isEqual(held, base.weights.get(name))) shared.add(name);
  const own = [...tensors].filter(([name, held]) => used.has(held) && !shared.has(name));
  const model = { config: json, tensors: new Map(own) };
  return {
    brick: { lowRank: {}, vectors: {}, embeddings: [], bottlenecks: [], model },
    ...{ heads, labels, shared, family },
  };
}

/**
 * All that the import of a whole model computes.
 *
 * @throws IncompatibleAdapterError  for weights that are not F32 too
 */
export async function importWholeModel(source: LocalSource, base: ReplacedBase): Promise<PackedAdapter> {
  const { brick, heads, labels, shared, family } = await openWholeModel(source, base);
  const weights = await recipeOf(await weightsOf(source));
  const other = weights.tensors.find(({ dtype }) => dtype !== 'F32');
  if (other) throw new IncompatibleAdapterError(`${WEIGHTS_FILE}: ${other.name}: expected F32, got ${other.dtype}`);
  const fromBase = weights.tensors.flatMap(({ name }) => {
    const canonical = canonicalName(family, name);
    return canonical !== undefined && shared.has(canonical) ? [[name, canonical] as const] : [];
  });
  const { task: said, method } = await cardOf(source);
  const tasks = tasksOf(heads);
  const config = await source.read('config.json');
  const own = [...brick.model.tensors.values()];
  return {
    packed: new Uint8Array(),
    model: { tasks, weights, packed: packedRecipe(brick), fromBase: Object.fromEntries(fromBase) },
    virtualTokens: 0,
    ...(labels && { labels }),
    task: tasks.find((task) => task === said) ?? tasks[0] ?? 'embedding',
    // The tokenizer is the base's; how config.json and the weights are written decides the rest.
    digest: adapterDigest(new Map<string, DigestedFile>([['config.json', config]]).set(WEIGHTS_FILE, weights), labels),
    report: {
      ...{ format: 'huggingface', method, ranks: [], notes: [] },
      parameters: weights.tensors.reduce((sum, { bytes }) => sum + bytes / FLOAT_BYTES, 0),
      residentBytes: own.reduce((sum, { shape }) => sum + sizeOf(shape) * FLOAT_BYTES, 0),
    },
  };
}

const FLOAT_BYTES = 4;

async function weightsOf(source: LocalSource): Promise<PiecewiseFile> {
  const bytes = await new ModelFiles(source).requireBytes(WEIGHTS_FILE, DEFAULT_LIMITS.weightBytes);
  return { bytes, read: (start, length) => source.read(WEIGHTS_FILE, { start, bytes: length }) };
}

function headsOf({ sequence, token, maskedLm }: BaseHeads) {
  return [sequence, token, maskedLm].filter((head) => head !== undefined);
}

function tasksOf({ sequence, token, maskedLm }: BaseHeads): AdapterTask[] {
  const has = { sequence_classification: sequence, token_classification: token, masked_lm: maskedLm, embedding: true };
  return ADAPTER_TASKS.filter((task) => has[task]);
}

function isEqual(held: Tensor<'float32'>, own: Tensor<'float32'> | undefined): boolean {
  if (own === undefined || own.shape.join() !== held.shape.join()) return false;
  const { data } = own; // read once: it may lie in a file
  return held.data.every((value, at) => Object.is(value, data[at]));
}

async function requireTokenizer(files: ModelFiles, { tokenizerJson }: ReplacedBase): Promise<void> {
  if (!(await files.has('tokenizer.json'))) return;
  const own: unknown = JSON.parse(new TextDecoder().decode(tokenizerJson));
  if (isDeepStrictEqual(await files.readJson('tokenizer.json', DEFAULT_LIMITS.tokenizerBytes), own)) return;
  throw new IncompatibleAdapterError("tokenizer.json: expected the base's own, got another", {
    param: 'tokenizer.json',
  });
}

/** What card.json says of the training; a model without one is taken as fully trained. */
async function cardOf(source: LocalSource): Promise<{ task: unknown; method: string }> {
  const isThere = (await source.stat('card.json')) !== undefined;
  const card: Config = isThere ? parseConfig(await source.read('card.json'), 'card.json') : new Map();
  const method = card.get('method');
  const name = isConfig(method) ? method.get('name') : undefined;
  return { task: card.get('task'), method: WHOLE_METHODS.find((known) => known === name) ?? 'full' };
}
