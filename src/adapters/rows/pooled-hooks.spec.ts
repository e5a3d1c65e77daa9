import { describe, expect, it } from 'vitest';
import { useExecutors } from '../../../test/support/executors.js';
import { randomBase } from '../../../test/support/random-base.js';
import { BRICK_KINDS, randomBrick } from '../../../test/support/random-brick.js';
import { distance, RowMaker } from '../../../test/support/tiny-host.js';
import { dim } from '../../engine/dim.js';
import type { Executor } from '../../engine/executors/executor.js';
import { Graph } from '../../engine/graph.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import { buildEncoder } from '../../models/encoder.js';
import { layOut } from '../../runtime/batch-layout.js';
import { ResidentBricks } from '../../runtime/resident-bricks.js';
import { ChannelInputs } from './channel-inputs.js';
import { pooledHooks } from './pooled-hooks.js';
import { rowFeeds } from './row-feeds.js';
import { selectPages } from './selection.js';
import { variantOf, type Variant } from './variant.js';

const TOLERANCE = 2e-5;
const executors = useExecutors();
const base = randomBase();

function graphOf(variant: Variant): Graph {
  const graph = new Graph('hooks');
  const ids = (name: string) => graph.input(name, 'int32', [dim('batch'), dim('seq')]);
  const inputs = {
    input_ids: ids('input_ids'),
    position_ids: ids('position_ids'),
    token_type_ids: ids('token_type_ids'),
    attention_mask: ids('attention_mask'),
  };
  graph.output('hidden', buildEncoder(graph, base, inputs, pooledHooks(new ChannelInputs(graph, variant), base.sites)));
  return graph;
}

/** One row of four tokens for each kind of brick, as variant and feeds. */
function batchOf(kinds: readonly (typeof BRICK_KINDS)[number][], options = {}) {
  const bricks = new ResidentBricks(base.sites);
  const maker = new RowMaker(base, 4);
  const rows = kinds.map((kind, seed) => {
    const { placement } = bricks.load(kind, randomBrick(kind, base.sites, { seed, pages: 1 + (seed % 2) }));
    return { row: maker.row(kind, { tokens: 4 }), selection: selectPages([{ placement, weight: 1 }]) };
  });
  const selections = rows.map(({ selection }) => selection);
  const variant = variantOf(selections, options);
  const layout = layOut(rows, base.config, variant);
  const feeds: Record<string, Tensor> = {
    ...layout.feeds,
    ...rowFeeds(variant, selections, layout),
    ...bricks.feeds(variant),
  };
  return { variant, feeds };
}

async function hidden(executor: Executor, { variant, feeds }: ReturnType<typeof batchOf>): Promise<Float32Array> {
  const program = await executor.compile(graphOf(variant));
  const outputs = await program.run(feeds);
  await program.dispose();
  return outputs['hidden']!.data as Float32Array;
}

describe('pooledHooks', () => {
  it('compute the same on both executors, every kind of brick in one batch', async () => {
    const batch = batchOf(BRICK_KINDS);
    const { onnx, tfjs } = executors();
    expect(distance(await hidden(onnx, batch), await hidden(tfjs, batch))).toBeLessThan(TOLERANCE);
  });

  it('leave channels that no row uses out of the graph', () => {
    const { variant } = batchOf(['lora']);
    const names = [...graphOf(variant).inputs.keys()].filter((name) => name.includes('.'));
    const each = ['a', 'b', 'gates', 'ids'].flatMap((part) => [`low_rank.query.${part}`, `low_rank.value.${part}`]);
    expect(names.sort()).toEqual(each.sort());
  });

  it('take gates by token: equal ones are row gates, zeros switch the pages of that token off', async () => {
    const { onnx } = executors();
    const byRow = await hidden(onnx, batchOf(['all_linear', 'lora']));
    const byToken = batchOf(['all_linear', 'lora'], { tokenGates: true });
    expect(distance(await hidden(onnx, byToken), byRow)).toBeLessThan(TOLERANCE);

    const isGate = (name: string) => name.endsWith('.gates');
    const feeds = Object.fromEntries(
      Object.entries(byToken.feeds).map(([name, fed]) => [
        name,
        isGate(name) ? tensor('float32', fed.shape, new Float32Array(fed.data.length)) : fed,
      ]),
    );
    const bare = {
      variant: variantOf([]),
      feeds: Object.fromEntries(Object.entries(feeds).filter(([name]) => !name.includes('.'))),
    };
    expect(distance(await hidden(onnx, { ...byToken, feeds }), await hidden(onnx, bare))).toBeLessThan(TOLERANCE);
  });
});
