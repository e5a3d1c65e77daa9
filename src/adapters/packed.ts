import { ValidationError } from '../common/errors.js';
import { readSafetensors, writeSafetensors, type SafetensorsContent } from '../engine/io/safetensors.js';
import { recipeOfContent, type TensorRecipe } from '../engine/io/tensor-recipe.js';
import { tensor, type Tensor } from '../engine/tensor.js';
import { headTensors } from '../models/head-tensors.js';
import type { Head } from '../models/heads.js';
import { SITE_ROLES, type EmbeddingSite } from '../models/sites.js';
import { headFields, headFrom, type HeadFields } from './head-fields.js';
import { TOKEN_LAWS } from './rows/routing/laws.js';
import type { WholeModel } from './whole-model.js';
import {
  GATE_PLACES,
  type BottleneckPages,
  type Brick,
  type EmbeddingPages,
  type LowRankPages,
  type NormDeltas,
  type SiteVectors,
} from './brick.js';

/** Changes with the layout below; a brick of another version is packed again from the adapter's files. */
export const PACKED_VERSION = '2';
const MODEL = 'model.';

/**
 * The packed brick: one safetensors file that holds all of a `Brick`, made once at import and read at each cold load.
 * Arrays are tensors named by their place in the brick; the few fields that are no arrays are JSON in the metadata.
 */
export function packBrick(brick: Brick): Uint8Array<ArrayBuffer> {
  return writeSafetensors(brickTensors(brick), brickFields(brick));
}

/** What the packed brick is made of, for one that is never in memory as a whole. */
export function packedRecipe(brick: Brick): TensorRecipe {
  return recipeOfContent(brickTensors(brick), brickFields(brick));
}

function brickFields(brick: Brick): Record<string, string> {
  return {
    'tessera.brick': PACKED_VERSION,
    embeddings: JSON.stringify(brick.embeddings.map(({ table }) => table)),
    bottlenecks: JSON.stringify(brick.bottlenecks.map(({ slot, input, activation }) => ({ slot, input, activation }))),
    head: JSON.stringify(brick.head ? headFields(brick.head) : null),
    headFromBase: JSON.stringify(brick.headFromBase ?? {}),
    ...(brick.gatesFor && { gatesFor: brick.gatesFor }),
    ...(brick.experts !== undefined && { experts: String(brick.experts) }),
    ...(brick.centroid && { centroidFloor: String(brick.centroid.floor) }),
    ...(brick.model && { model: JSON.stringify(brick.model.config) }),
  };
}

function brickTensors(brick: Brick): Map<string, Tensor<'float32'>> {
  const tensors = new Map<string, Tensor<'float32'>>();
  const put = (name: string, rows: number, data: Float32Array | undefined): void => {
    if (data !== undefined) tensors.set(name, tensor('float32', [rows, data.length / rows], data));
  };
  for (const role of SITE_ROLES) {
    const pages = brick.lowRank[role];
    put(`lowRank.${role}.a`, pages?.pages ?? 1, pages?.a);
    put(`lowRank.${role}.b`, pages?.pages ?? 1, pages?.b);
    for (const field of ['outputScale', 'inputScale', 'bias'] as const) {
      put(`vectors.${role}.${field}`, 1, brick.vectors[role]?.[field]);
    }
  }
  brick.embeddings.forEach((pages, at) => {
    put(`embeddings.${at}.a`, pages.pages, pages.a);
    put(`embeddings.${at}.b`, pages.pages, pages.b);
  });
  for (const norms of ['blockNorms', 'embeddingNorm'] as const) {
    put(`${norms}.gain`, 1, brick[norms]?.gain);
    put(`${norms}.bias`, 1, brick[norms]?.bias);
  }
  brick.bottlenecks.forEach((unit, at) => {
    for (const field of ['a', 'aBias', 'b'] as const) put(`bottlenecks.${at}.${field}`, unit.pages, unit[field]);
    put(`bottlenecks.${at}.bBias`, 1, unit.bBias);
  });
  put('prefix.keys', brick.prefix?.tokens ?? 1, brick.prefix?.keys);
  put('prefix.values', brick.prefix?.tokens ?? 1, brick.prefix?.values);
  put('prompt.embeddings', brick.prompt?.tokens ?? 1, brick.prompt?.embeddings);
  for (const place of GATE_PLACES) put(`gates.${place}`, brick.experts ?? 1, brick.gates?.[place]);
  for (const slot of ['attention', 'ffn'] as const)
    for (const field of ['score', 'offset', 'value'] as const)
      put(`fusion.${slot}.${field}`, 1, brick.fusion?.[slot]?.[field]);
  put('centroid', 1, brick.centroid?.vector);
  for (const [place, value] of brick.head ? headTensors(brick.head) : []) {
    if (brick.headFromBase?.[place] === undefined) tensors.set(`head.${place}`, value);
  }
  for (const [name, value] of brick.model?.tensors ?? []) tensors.set(`${MODEL}${name}`, value);
  return tensors;
}

/**
 * The brick of a packed file. Its arrays are views of `bytes`, which must not change while the brick is used.
 *
 * @throws ValidationError when the file is not a packed brick of this version
 */
export function unpackBrick(bytes: Uint8Array): Brick {
  const content = readSafetensors(bytes);
  const version = content.metadata['tessera.brick'];
  if (version !== PACKED_VERSION) {
    throw new ValidationError(`packed brick: version must be ${PACKED_VERSION}, got ${version ?? 'none'}`);
  }
  const lowRank: Record<string, LowRankPages> = {};
  const vectors: Record<string, SiteVectors> = {};
  for (const role of SITE_ROLES) {
    const pages = pagesOf(content, `lowRank.${role}`);
    if (pages !== undefined) lowRank[role] = pages;
    const found = (['outputScale', 'inputScale', 'bias'] as const).flatMap((field) => {
      const data = find(content, `vectors.${role}.${field}`);
      return data === undefined ? [] : [[field, data] as const];
    });
    if (found.length > 0) vectors[role] = Object.fromEntries(found);
  }
  const headFromBase = field(content, 'headFromBase') as Record<string, string>;
  const head = unpackHead(content, headFromBase);
  const prefix = rowsOf(content, 'prefix.keys');
  const prompt = rowsOf(content, 'prompt.embeddings');
  const blockNorms = normsOf(content, 'blockNorms');
  const embeddingNorm = normsOf(content, 'embeddingNorm');
  const gates = GATE_PLACES.flatMap((place) => {
    const data = find(content, `gates.${place}`);
    return data === undefined ? [] : [[place, data] as const];
  });
  return {
    lowRank,
    vectors,
    embeddings: (field(content, 'embeddings') as EmbeddingSite['table'][]).map((table, at): EmbeddingPages => ({
      table,
      ...requirePages(content, `embeddings.${at}`),
    })),
    ...(blockNorms && { blockNorms }),
    ...(embeddingNorm && { embeddingNorm }),
    bottlenecks: (field(content, 'bottlenecks') as Pick<BottleneckPages, 'slot' | 'input' | 'activation'>[]).map(
      (unit, at) => ({
        ...unit,
        ...requirePages(content, `bottlenecks.${at}`),
        aBias: requireData(content, `bottlenecks.${at}.aBias`),
        bBias: requireData(content, `bottlenecks.${at}.bBias`),
      }),
    ),
    ...(prefix && {
      prefix: {
        tokens: prefix,
        keys: requireData(content, 'prefix.keys'),
        values: requireData(content, 'prefix.values'),
      },
    }),
    ...(prompt && { prompt: { tokens: prompt, embeddings: requireData(content, 'prompt.embeddings') } }),
    ...(gates.length > 0 && { gates: Object.fromEntries(gates) }),
    ...fusionOf(content),
    ...routingOf(content),
    ...(head && { head }),
    ...(Object.keys(headFromBase).length > 0 && { headFromBase }),
    ...(content.metadata['model'] !== undefined && { model: unpackModel(content) }),
  };
}

/** Bytes of all numbers of a brick in memory: what residency counts. */
export function brickBytes(brick: Brick): number {
  return brickArrays(brick).reduce((sum, [, data]) => sum + data.byteLength, 0);
}

/** Every array of a brick by its place. */
export function brickArrays(brick: Brick): [string, Float32Array][] {
  return [...brickTensors(brick)].map(([name, { data }]) => [name, data]);
}

function routingOf(content: SafetensorsContent): Pick<Brick, 'gatesFor' | 'experts' | 'centroid'> {
  const { gatesFor: law, experts, centroidFloor } = content.metadata;
  const gatesFor = TOKEN_LAWS.find((known) => known === law);
  return {
    ...(gatesFor && { gatesFor }),
    ...(experts !== undefined && { experts: Number(experts) }),
    ...(centroidFloor !== undefined && {
      centroid: { vector: requireData(content, 'centroid'), floor: Number(centroidFloor) },
    }),
  };
}

function fusionOf(content: SafetensorsContent): Pick<Brick, 'fusion'> {
  const found = (['attention', 'ffn'] as const).flatMap((slot) => {
    const score = find(content, `fusion.${slot}.score`);
    const rest = (field: string): Float32Array => requireData(content, `fusion.${slot}.${field}`);
    return score === undefined ? [] : [[slot, { score, offset: rest('offset'), value: rest('value') }] as const];
  });
  return found.length === 0 ? {} : { fusion: Object.fromEntries(found) };
}

function unpackModel(content: SafetensorsContent): WholeModel {
  const stored = [...content.tensors].filter(([name]) => name.startsWith(MODEL));
  const tensors = stored.map(([name, held]) => {
    return [name.slice(MODEL.length), tensor('float32', held.shape, held.viewFloat32())] as const;
  });
  return { config: field(content, 'model') as WholeModel['config'], tensors: new Map(tensors) };
}

function unpackHead(content: SafetensorsContent, fromBase: Readonly<Record<string, string>>): Head | undefined {
  const fields = field(content, 'head') as HeadFields | null;
  if (fields === null) return undefined;
  const read = (name: string): Tensor<'float32'> => {
    if (fromBase[name] !== undefined) return tensor('float32', [0], new Float32Array(0));
    const stored = content.tensors.get(`head.${name}`);
    if (stored === undefined) throw new ValidationError(`packed brick: head.${name}: must be there, got nothing`);
    return tensor('float32', stored.shape, stored.viewFloat32());
  };
  return headFrom(fields, read);
}

function find(content: SafetensorsContent, name: string): Float32Array | undefined {
  return content.tensors.get(name)?.viewFloat32();
}

function requireData(content: SafetensorsContent, name: string): Float32Array {
  const data = find(content, name);
  if (data === undefined) throw new ValidationError(`packed brick: ${name}: must be there, got nothing`);
  return data;
}

function rowsOf(content: SafetensorsContent, name: string): number | undefined {
  return content.tensors.get(name)?.shape[0];
}

function pagesOf(content: SafetensorsContent, stem: string): LowRankPages | undefined {
  const pages = rowsOf(content, `${stem}.a`);
  return pages === undefined
    ? undefined
    : { pages, a: requireData(content, `${stem}.a`), b: requireData(content, `${stem}.b`) };
}

function requirePages(content: SafetensorsContent, stem: string): LowRankPages {
  const pages = pagesOf(content, stem);
  if (pages === undefined) throw new ValidationError(`packed brick: ${stem}.a: must be there, got nothing`);
  return pages;
}

function normsOf(content: SafetensorsContent, stem: string): NormDeltas | undefined {
  const gain = find(content, `${stem}.gain`);
  return gain === undefined ? undefined : { gain, bias: requireData(content, `${stem}.bias`) };
}

/** Metadata is our own, but the file may be damaged: a value that is no JSON is named. */
function field(content: SafetensorsContent, name: string): unknown {
  try {
    return JSON.parse(content.metadata[name] ?? '');
  } catch (cause) {
    throw new ValidationError(`packed brick: metadata ${name}: must be JSON`, { cause });
  }
}
