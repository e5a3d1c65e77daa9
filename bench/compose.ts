import type { Brick } from '../src/adapters/brick.js';
import { createOnnxExecutor } from '../src/engine/executors/onnx.js';
import { EngineHost } from '../src/runtime/engine-host.js';
import type { Row, RowRoute } from '../src/runtime/protocol.js';
import { gateBrick } from '../test/support/gate-brick.js';
import { randomBase } from '../test/support/random-base.js';
import { randomBrick } from '../test/support/random-brick.js';
import { atLeast, atMost, type Bench, type Line } from './bench.js';
import { alternate, median, medianRatio } from './support/measure.js';
import { rowsOf, SHAPE } from './support/mixed-rows.js';
import { inTemporaryDirectory } from './support/temporary.js';

const ROUNDS = 15;
const [COUNT, TOKENS] = [8, 64];
const MEMBERS = [4, 8, 16] as const;

/** Composed rows against one adapter of the summed rank, and routed ones against the same bricks summed. */
export const compose: Bench = {
  name: 'compose',
  title: 'Compositions in the engine',
  method:
    `MiniLM-L6 shape, random weights, fp32, LoRA r=8 on query and value, batches of ${COUNT}×${TOKENS}, every row other ` +
    `bricks, trunk and hidden states only. Ratios of processor time, one thread, medians of ${ROUNDS} alternating rounds. ` +
    'Routed: Arrow, top 2, at each site and token, shares reported.',
  run: () => inTemporaryDirectory(measure),
};

async function measure(cacheDir: string): Promise<Line[]> {
  const base = randomBase(SHAPE);
  const executor = await createOnnxExecutor({ provider: 'cpu', threads: 1, cacheDir });
  const host = new EngineHost({ name: 'bench', base, executor });
  for (let i = 0; i < 24; i++) {
    await host.load(`r8/${i}`, lora(base.sites, i + 1, 1));
    await host.load(`gate/${i}`, gateBrick(base.sites, i + 100, { places: ['query', 'value'] }));
  }
  for (let i = 0; i < COUNT; i++) await host.load(`r32/${i}`, lora(base.sites, i + 50, 4));
  const rank32 = rowsOf(COUNT, TOKENS, (i) => `r32/${i}`);
  const bare = rowsOf(COUNT, TOKENS, () => undefined);
  const costs = await alternate(
    { bare: () => host.run(bare), one: () => host.run(rank32), sum: () => host.run(summed(4)) },
    ROUNDS,
  );
  const ratio = medianRatio(costs.one, costs.sum, 'cpuMs');
  const lines: Line[] = [
    { what: 'bare base', value: `${median(costs.bare.map(({ cpuMs }) => cpuMs)).toFixed(1)} ms` },
    { what: 'four bricks of r8, speed against one of r32', value: ratio.toFixed(3), target: atLeast(ratio, 0.9)! },
  ];
  for (const members of MEMBERS) lines.push(...(await routedLines(host, members)));
  await host.stop();
  return lines;
}

async function routedLines(host: EngineHost, members: number): Promise<Line[]> {
  const mixed = [...routed(members).slice(0, COUNT / 2), ...rowsOf(COUNT / 2, TOKENS, (i) => `r8/${i}`)];
  const [sum, route] = [summed(members), routed(members)];
  const costs = await alternate(
    { sum: () => host.run(sum), route: () => host.run(route), mixed: () => host.run(mixed) },
    ROUNDS,
  );
  const cost = medianRatio(costs.route, costs.sum, 'cpuMs');
  return [
    {
      what: `${members} bricks routed by token, cost against their sum`,
      value: cost.toFixed(3),
      target: atMost(cost, 1.25, '×')!,
    },
    { what: `half the rows so, half of one brick`, value: medianRatio(costs.mixed, costs.sum, 'cpuMs').toFixed(3) },
  ];
}

const idsOf = (row: number, members: number): number[] => Array.from({ length: members }, (_, i) => (row + i) % 24);

function summed(members: number): Row[] {
  return rowsOf(COUNT, TOKENS, () => undefined).map((row, at) => ({
    ...row,
    bricks: idsOf(at, members).map((i) => ({ id: `r8/${i}`, weight: 1 / members })),
  }));
}

function routed(members: number): Row[] {
  return rowsOf(COUNT, TOKENS, () => undefined).map((row, at) => {
    const gates = idsOf(at, members).map((i) => `gate/${i}`);
    const route: RowRoute = { law: 'arrow', topK: 2, temperature: 1, gates };
    return { ...row, bricks: idsOf(at, members).map((i) => ({ id: `r8/${i}`, weight: 1, route: 0 })), routes: [route] };
  });
}

function lora(sites: Parameters<typeof randomBrick>[1], seed: number, pages: number): Brick {
  return randomBrick('lora', sites, { seed, pages });
}
