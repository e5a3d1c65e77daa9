import { IncompatibleAdapterError } from '../../common/errors.js';
import { readSafetensors, writeSafetensors } from '../../engine/io/safetensors.js';
import { tensor } from '../../engine/tensor.js';
import type { SiteTable } from '../../models/sites.js';
import type { Brick, Centroid } from '../brick.js';
import type { AdapterFiles } from '../files.js';
import { TOKEN_LAWS } from '../rows/routing/laws.js';
import { expectShape, readWeights, type FloatTensor } from '../weights.js';
import { gateTensors, readGates } from './gate-tensors.js';

/** Beside the files of an adapter: by what routes weigh it. Whoever reads the adapter elsewhere takes no notice. */
export const ROUTING_FILE = 'routing.safetensors';

/** What was fitted for an adapter so that routes may weigh it; gates as routes read them, see `phatgooseGates`. */
export type RoutingFacts = Pick<Brick, 'gates' | 'gatesFor' | 'centroid'>;

/**
 * `routing.safetensors`: `gates.<place>` [layers, width] with the law in the metadata (`gates_for`), `centroid` [hidden]
 * with its floor in the metadata (`centroid_floor`); either may be left out.
 */
export function writeRouting({ gates, gatesFor, centroid }: RoutingFacts, layers: number): Uint8Array<ArrayBuffer> {
  const tensors = gateTensors(gates ?? {}, layers);
  if (centroid) tensors.set('centroid', tensor('float32', [centroid.vector.length], centroid.vector));
  return writeSafetensors(tensors, {
    ...(gatesFor && { gates_for: gatesFor }),
    ...(centroid && { centroid_floor: String(centroid.floor) }),
  });
}

/** The file with this centroid in the place of the one that it may hold; gates stay. @param bytes  where there is one */
export function withCentroid(bytes: Uint8Array | undefined, { vector, floor }: Centroid): Uint8Array<ArrayBuffer> {
  const tensors = bytes ? new Map(readWeights(bytes, ROUTING_FILE)) : new Map<string, FloatTensor>();
  const metadata = bytes ? readSafetensors(bytes).metadata : {};
  tensors.set('centroid', tensor('float32', [vector.length], vector));
  return writeSafetensors(tensors, { ...metadata, centroid_floor: String(floor) });
}

/**
 * What routes are told of an adapter; nothing where the file is not there.
 *
 * @throws ValidationError | IncompatibleAdapterError  for a damaged file, tensors that the base has no place for, gates
 *   without a law, a centroid without a floor
 */
export function readRouting(files: AdapterFiles, sites: SiteTable): RoutingFacts {
  const bytes = files.get(ROUTING_FILE);
  if (bytes === undefined) return {};
  const weights = readWeights(bytes, ROUTING_FILE);
  const { metadata } = readSafetensors(bytes);
  const unknown = [...weights.keys()].find((name) => name !== 'centroid' && !name.startsWith('gates.'));
  if (unknown !== undefined)
    throw new IncompatibleAdapterError(`${ROUTING_FILE}: must hold gates.<place> and centroid, got ${unknown}`, {
      param: ROUTING_FILE,
    });
  const gates = readGates(weights, sites);
  const hasGates = Object.keys(gates).length > 0;
  const vector = weights.get('centroid');
  if (vector) expectShape('centroid', vector, [sites.hidden]);
  return {
    ...(hasGates && { gates, gatesFor: lawOf(metadata['gates_for']) }),
    ...(vector && { centroid: { vector: vector.data, floor: floorOf(metadata['centroid_floor']) } }),
  };
}

function lawOf(text: string | undefined): NonNullable<Brick['gatesFor']> {
  const law = TOKEN_LAWS.find((known) => known === text);
  if (law) return law;
  throw new IncompatibleAdapterError(`gates_for: must be one of ${TOKEN_LAWS.join(', ')}, got ${text ?? 'nothing'}`, {
    param: ROUTING_FILE,
  });
}

/** A cosine. */
function floorOf(text: string | undefined): number {
  const floor = Number(text ?? NaN);
  if (floor >= -1 && floor <= 1) return floor;
  throw new IncompatibleAdapterError(`centroid_floor: must be a number from -1 to 1, got ${text ?? 'nothing'}`, {
    param: ROUTING_FILE,
  });
}
