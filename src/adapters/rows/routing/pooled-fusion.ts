import type { Dim } from '../../../engine/dim.js';
import { ShapeError } from '../../../common/errors.js';
import type { Value } from '../../../engine/graph.js';
import { add } from '../../../engine/ops/add.js';
import { gather } from '../../../engine/ops/gather.js';
import { greater } from '../../../engine/ops/greater.js';
import { matmul } from '../../../engine/ops/matmul.js';
import { reduceSum } from '../../../engine/ops/reduce-sum.js';
import { reshape, unsqueeze } from '../../../engine/ops/reshape.js';
import type { Activation } from '../../../models/heads.js';
import type { BlockSlot } from '../../../models/row-hooks.js';
import type { BottleneckPages } from '../../brick.js';
import { channelName, type BottleneckKind, type ChannelName } from '../channel.js';
import type { ChannelInputs } from '../channel-inputs.js';
import type { FusedUnits, FusionValues } from '../row-adapters.js';
import type { PooledRoutes } from './pooled-routes.js';

interface Group {
  readonly slot: BlockSlot;
  readonly input: BottleneckPages['input'];
  readonly level: number;
  readonly route: number;
  readonly kinds: readonly BottleneckKind[];
}

/**
 * What routes by AdapterFusion mix at the end of a block, out of page pools: one group for each route, level and input that
 * some row has. In the groups of other rows a row has no members, and page 0 for matrices.
 *
 * @param size  of the base
 */
export function pooledFusions(
  inputs: ChannelInputs,
  routes: PooledRoutes,
  { slot, layer }: { readonly slot: BlockSlot; readonly layer: number },
  size: { readonly layers: number; readonly hidden: number },
): FusionValues[] {
  return groupsOf(inputs, slot).map((group) => {
    const nameOf = (kind: BottleneckKind, part: 'bottleneck' | 'bottleneck_bias'): ChannelName =>
      channelName(`${part}.${kind}`, group.level, group.route);
    const matrices = channelName(`fusion.${slot}`, group.level, group.route);
    const matrix = (field: string): Value =>
      gather(
        inputs.pool(matrices, field),
        inputs.matrixRows(matrices, size.hidden, { stride: size.layers, block: layer }),
        0,
      ); // [batch, hidden, hidden]
    const offset = (): Value => inputs.vector(matrices, 'offset', { stride: size.layers, block: layer }); // [batch, 1, hidden]
    return {
      input: group.input,
      level: group.level,
      parts: group.kinds.map((kind) => unitsOf(inputs, nameOf, kind, { layer, layers: size.layers })),
      query: (x) => add(matmul(x, matrix('score')), offset()),
      value: (context) => matmul(context, matrix('value'), { transposeB: true }),
      isPresent: inputs.once(`${matrices}.${group.input}.is_present`, () =>
        present(group.kinds.map((kind) => inputs.members(nameOf(kind, 'bottleneck_bias')))),
      ),
      settle: (shares) => routes.fused(group.route, shares),
    };
  });
}

function groupsOf(inputs: ChannelInputs, slot: BlockSlot): Group[] {
  const groups = new Map<string, Group & { kinds: BottleneckKind[] }>();
  for (const { pool, level = 0, fusedBy } of inputs.channels()) {
    const [kind, at, input, activation] = pool.split('.') as [string, BlockSlot, Group['input'], Activation];
    if (fusedBy === undefined || kind !== 'bottleneck_bias' || at !== slot) continue;
    const key = `${level}~${fusedBy}.${input}`;
    const group = groups.get(key) ?? { slot, input, level, route: fusedBy, kinds: [] };
    group.kinds.push(`${slot}.${input}.${activation}`);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function unitsOf(
  inputs: ChannelInputs,
  nameOf: (kind: BottleneckKind, part: 'bottleneck' | 'bottleneck_bias') => ChannelName,
  kind: BottleneckKind,
  { layer, layers }: { readonly layer: number; readonly layers: number },
): FusedUnits {
  const activation = kind.slice(kind.lastIndexOf('.') + 1) as Activation;
  const biases = nameOf(kind, 'bottleneck_bias');
  const bias = {
    rows: gather(inputs.pool(biases, 'value'), inputs.blockIds(biases, layers, layer), 0), // [batch, width, hidden]
    members: inputs.members(biases),
    gates: required(inputs.ownGates(biases), biases),
  };
  const units = nameOf(kind, 'bottleneck');
  if (!inputs.has(units)) return { activation, bias };
  const ids = inputs.rankIds(units, layers, layer); // [batch, 8P]
  const pageBias = gather(inputs.pool(units, 'a_bias'), inputs.blockIds(units, layers, layer), 0); // [batch, P, 8]
  const [batch] = pageBias.shape as [Dim];
  return {
    activation,
    bias,
    units: {
      a: gather(inputs.pool(units, 'a'), ids, 0),
      aBias: reshape(pageBias, [batch, 1, ids.shape[1]!]),
      rows: gather(inputs.pool(units, 'b'), ids, 0),
      members: inputs.rankMembers(units),
      gates: required(inputs.ownRankGates(units), units),
    },
  };
}

/** bool [batch, 1, members]: those that have something at this place. */
function present(members: readonly Value[]): Value {
  return unsqueeze(greater(members.map((one) => reduceSum(one, { axes: [2] })).reduce(add), 0), [1]);
}

function required(gates: Value | undefined, name: ChannelName): Value {
  if (gates) return gates;
  throw new ShapeError(`pooledFusions: ${name}: expected gates of its pages, got none`);
}
