import { ShapeError } from '../../common/errors.js';
import { sizeOf } from '../../engine/tensor.js';
import { SITE_ROLES, type SiteTable } from '../../models/sites.js';
import { GATE_PLACES, type Brick } from '../brick.js';
import { channelOf, type BottleneckKind, type Channel, type PoolName } from './channel.js';

/** What a brick puts into one channel: `pages` pages, one after the other in each array. */
export interface ChannelPages {
  readonly channel: Channel;
  readonly pages: number;
  readonly fields: Readonly<Record<string, Float32Array>>;
}

/**
 * A brick cut into the pages of its channels, without copying.
 *
 * @throws IncompatibleAdapterError  when the base has no place for a part
 * @throws ShapeError  when an array is not as long as its pages
 */
export function brickPages(brick: Brick, table: SiteTable): ChannelPages[] {
  const parts: ChannelPages[] = [];
  const put = (name: PoolName, pages: number, fields: Record<string, Float32Array | undefined>): void => {
    parts.push(checked(channelOf(name, table), pages, fields));
  };
  for (const role of SITE_ROLES) {
    const low = brick.lowRank[role];
    if (low && low.pages > 0) put(`low_rank.${role}`, low.pages, { a: low.a, b: low.b });
    const vectors = brick.vectors[role];
    if (vectors?.outputScale) put(`output_scale.${role}`, 1, { value: vectors.outputScale });
    if (vectors?.inputScale) put(`input_scale.${role}`, 1, { value: vectors.inputScale });
    if (vectors?.bias) put(`bias.${role}`, 1, { value: vectors.bias });
  }
  for (const { table: name, pages, a, b } of brick.embeddings) if (pages > 0) put(`embedding.${name}`, pages, { a, b });
  for (const part of brick.bottlenecks) {
    const kind: BottleneckKind = `${part.slot}.${part.input}.${part.activation}`;
    if (part.pages > 0) put(`bottleneck.${kind}`, part.pages, { a: part.a, a_bias: part.aBias, b: part.b });
    put(`bottleneck_bias.${kind}`, 1, { value: part.bBias });
  }
  if (brick.blockNorms) put('block_norms', 1, { ...brick.blockNorms });
  if (brick.embeddingNorm) put('embedding_norm', 1, { ...brick.embeddingNorm });
  if (brick.prefix) put('prefix', brick.prefix.tokens, { keys: brick.prefix.keys, values: brick.prefix.values });
  if (brick.prompt) put('prompt', brick.prompt.tokens, { embeddings: brick.prompt.embeddings });
  for (const slot of ['attention', 'ffn'] as const) {
    const matrices = brick.fusion?.[slot];
    if (matrices) put(`fusion.${slot}`, 1, { ...matrices });
  }
  for (const place of GATE_PLACES) {
    const value = brick.gates?.[place];
    if (value) put(`gate.${place}`, 1, { value });
  }
  return parts;
}

function checked(channel: Channel, pages: number, given: Record<string, Float32Array | undefined>): ChannelPages {
  const fields: Record<string, Float32Array> = {};
  for (const [name, shape] of Object.entries(channel.fields)) {
    const array = given[name];
    const expected = pages * sizeOf(shape);
    if (array?.length !== expected)
      throw new ShapeError(`brick: ${channel.name}.${name}: expected ${expected} numbers, got ${array?.length ?? 0}`);
    fields[name] = array;
  }
  return { channel, pages, fields };
}
