import type { Brick } from '../src/adapters/brick.js';
import { createOnnxExecutor } from '../src/engine/executors/onnx.js';
import { EngineHost } from '../src/runtime/engine-host.js';
import type { Row } from '../src/runtime/protocol.js';
import { randomBase } from '../test/support/random-base.js';
import { randomBrick } from '../test/support/random-brick.js';
import { atLeast, type Bench, type Line } from './bench.js';
import { alternate, median, medianRatio } from './support/measure.js';
import { rowsOf, SHAPE } from './support/mixed-rows.js';
import { inTemporaryDirectory } from './support/temporary.js';

const ROUNDS = 15;

/** Rows × tokens of a batch. */
const BATCHES = [
  [1, 32],
  [8, 64],
  [32, 128],
] as const;

/** Pages of each row's adapter; a page is eight ranks of query and value. */
const PAGES = [1, 2, 4, 8] as const;

const LEAST: Readonly<Record<number, number>> = { 1: 0.93, 4: 0.88 };

/** The engine alone: mixed batches against the bare base and against batches of one adapter. */
export const engine: Bench = {
  name: 'engine',
  title: 'Mixed batches in the engine',
  method:
    'MiniLM-L6 shape (6 layers, hidden 384, 12 heads, ffn 1536), random weights, fp32, LoRA on query and value, every row ' +
    'another adapter, trunk and hidden states only. Share of base: processor time of the bare base over that of the mixed ' +
    `batch, one thread, medians of ${ROUNDS} alternating rounds. Tokens/s: the clock with two threads.`,
  run: () => inTemporaryDirectory(async (cacheDir) => [...(await shares(cacheDir)), ...(await rates(cacheDir))]),
};

async function openHost(cacheDir: string, threads: number): Promise<EngineHost> {
  const base = randomBase(SHAPE);
  const host = new EngineHost({
    name: 'bench',
    base,
    executor: await createOnnxExecutor({ provider: 'cpu', threads, cacheDir }),
  });
  for (const pages of PAGES) {
    for (let i = 0; i < 32; i++) await host.load(`${pages}/${i}`, lora(base.sites, i + 1, pages));
  }
  return host;
}

function lora(sites: Parameters<typeof randomBrick>[1], seed: number, pages: number): Brick {
  return randomBrick('lora', sites, { seed, pages });
}

/** `pages` 0: the bare base; `isOne`: all rows share one adapter. */
function mixedRows(count: number, tokens: number, pages: number, isOne = false): Row[] {
  return rowsOf(count, tokens, (i) => (pages === 0 ? undefined : `${pages}/${isOne ? 0 : i}`));
}

async function shares(cacheDir: string): Promise<Line[]> {
  const host = await openHost(cacheDir, 1);
  const lines: Line[] = [];
  for (const [count, tokens] of BATCHES) {
    const run = (pages: number, isOne = false) => {
      const rows = mixedRows(count, tokens, pages, isOne);
      return () => host.run(rows);
    };
    const rounds = count * tokens > 1000 ? 5 : ROUNDS;
    const costs = await alternate(
      { p0: run(0), p1: run(1), p2: run(2), p4: run(4), p8: run(8), one: run(1, true) },
      rounds,
    );
    const baseMs = median(costs.p0.map(({ cpuMs }) => cpuMs));
    lines.push({ what: `${count}×${tokens}, bare base, processor time`, value: `${baseMs.toFixed(1)} ms` });
    for (const pages of PAGES) {
      const share = medianRatio(costs.p0, costs[`p${pages}`], 'cpuMs');
      const least = count === 8 ? LEAST[pages] : undefined;
      lines.push({
        what: `${count}×${tokens}, ${pages} page${pages > 1 ? 's' : ''} a row, share of base`,
        value: share.toFixed(3),
        ...(least !== undefined && { target: atLeast(share, least)! }),
      });
    }
    const one = medianRatio(costs.one, costs.p1, 'cpuMs');
    lines.push({ what: `${count}×${tokens}, mixed against one adapter for all rows`, value: one.toFixed(3) });
  }
  await host.stop();
  return lines;
}

async function rates(cacheDir: string): Promise<Line[]> {
  const host = await openHost(cacheDir, 2);
  const lines: Line[] = [];
  for (const [count, tokens] of BATCHES) {
    const [base, mixed] = [mixedRows(count, tokens, 0), mixedRows(count, tokens, 1)];
    const costs = await alternate({ base: () => host.run(base), mixed: () => host.run(mixed) }, ROUNDS);
    const rate = (ms: number): number => (1000 * count * tokens) / ms;
    const mixedRate = rate(median(costs.mixed.map(({ wallMs }) => wallMs)));
    lines.push(
      {
        what: `${count}×${tokens}, bare base`,
        value: `${Math.round(rate(median(costs.base.map(({ wallMs }) => wallMs))))} tokens/s`,
      },
      {
        what: `${count}×${tokens}, every row another adapter`,
        value: `${Math.round(mixedRate)} tokens/s`,
        ...(count === 8 && { target: atLeast(mixedRate, 9000, 0)! }),
      },
    );
  }
  await host.stop();
  return lines;
}
