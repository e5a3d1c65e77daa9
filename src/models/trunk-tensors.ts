import { ModelError } from '../common/errors.js';
import type { Tensor } from '../engine/tensor.js';
import type { EncoderConfig } from './encoder-config.js';
import type { Family } from './family.js';
import type { SiteTable } from './sites.js';
import { isTrunkName } from './tensor-names.js';

/** Every tensor that the trunk needs, by canonical name, with its shape. */
export function trunkShapes(family: Family, config: EncoderConfig): Map<string, readonly number[]> {
  const table: SiteTable = family.sites(config);
  const shapes = new Map<string, readonly number[]>(family.extraTensors(config));
  for (const { module, rows, width } of table.embeddings) shapes.set(`${module}.weight`, [rows, width]);
  for (const { module, in: inWidth, out } of table.sites) {
    shapes.set(`${module}.weight`, [out, inWidth]).set(`${module}.bias`, [out]);
  }
  for (const { module, width } of table.norms) {
    shapes.set(`${module}.weight`, [width]).set(`${module}.bias`, [width]);
  }
  return shapes;
}

/**
 * Picks the trunk out of canonically named tensors.
 *
 * @throws ModelError  for a tensor that is missing, has another shape, or lies in the trunk without a place in it (a layer
 *                     more than the config says, relative position tables, adapters baked in)
 */
export function pickTrunk(
  family: Family,
  config: EncoderConfig,
  tensors: ReadonlyMap<string, Tensor<'float32'>>,
): Map<string, Tensor<'float32'>> {
  const shapes = trunkShapes(family, config);
  const stranger = [...tensors.keys()].find((name) => isTrunkName(name) && !shapes.has(name));
  if (stranger !== undefined) {
    throw new ModelError(`weights: ${stranger}: expected only tensors of a ${family.name} trunk that config.json describes`);
  }
  return new Map([...shapes].map(([name, shape]) => [name, requireTensor(tensors, name, shape)]));
}

/** @throws ModelError  when the tensor is missing or has another shape */
export function requireTensor(
  tensors: ReadonlyMap<string, Tensor<'float32'>>,
  name: string,
  shape: readonly number[],
): Tensor<'float32'> {
  const found = tensors.get(name);
  const expected = `[${shape.join(', ')}]`;
  if (!found) throw new ModelError(`weights: ${name}: expected ${expected}, got no such tensor`);
  if (found.shape.length === shape.length && found.shape.every((size, axis) => size === shape[axis])) return found;
  throw new ModelError(`weights: ${name}: expected ${expected}, got [${found.shape.join(', ')}]`);
}
