import { createOnnxExecutor } from '../src/engine/executors/onnx.js';
import type { Tensor } from '../src/engine/tensor.js';
import { quantizeTrunk } from '../src/models/quantize.js';
import { EngineHost, type HostedBase } from '../src/runtime/engine-host.js';
import { randomBase } from '../test/support/random-base.js';
import { randomBrick } from '../test/support/random-brick.js';
import { atLeast, type Bench, type Line } from './bench.js';
import { alternate, median, medianRatio } from './support/measure.js';
import { rowsOf, SHAPE } from './support/mixed-rows.js';
import { inTemporaryDirectory } from './support/temporary.js';

const ROUNDS = 15;
const ADAPTERS = 32;
const LEAST = 1.5;

/** Rows × tokens of a batch. */
const BATCHES = [
  [8, 64],
  [32, 128],
] as const;

/** PRECISION=int8 against fp32, both in one process. */
export const int8: Bench = {
  name: 'int8',
  title: 'Base weights in int8 against fp32',
  method:
    'MiniLM-L6 shape (6 layers, hidden 384, 12 heads, ffn 1536), random weights, LoRA r = 8 on query and value, every row ' +
    'another adapter, mean embeddings. Weights of sites in seven bits with a scale for each output, activations in eight ' +
    'with a scale for each token; what it does to answers is in docs/experiments.md. Processor time, one thread, medians of alternating rounds.',
  run: () =>
    inTemporaryDirectory(async (cacheDir) => {
      const base = randomBase(SHAPE);
      const quantized = quantizeTrunk(base);
      const hosts = { fp32: await openHost(base, cacheDir), int8: await openHost(quantized, cacheDir) };
      try {
        return [...weights(base, quantized), ...(await speeds(hosts))];
      } finally {
        await Promise.all([hosts.fp32.stop(), hosts.int8.stop()]);
      }
    }),
};

async function openHost(base: HostedBase, cacheDir: string): Promise<EngineHost> {
  const executor = await createOnnxExecutor({ provider: 'cpu', threads: 1, cacheDir });
  const host = new EngineHost({ name: 'bench', base, executor });
  for (let i = 0; i < ADAPTERS; i++) await host.load(`${i}`, randomBrick('lora', base.sites, { seed: i + 1 }));
  return host;
}

function weights(base: HostedBase, quantized: HostedBase): Line[] {
  const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;
  const names = new Set(quantized.int8Weights?.keys());
  const sites = [...base.weights].filter(([name]) => names.has(name)).map(([, held]) => held);
  const inBytes = [...(quantized.int8Weights?.values() ?? [])].flatMap(({ values, scale }) => [values, scale]);
  const rest = bytesOf([...quantized.weights.values()]);
  return [
    { what: 'weights of sites, fp32', value: mebibytes(bytesOf(sites)) },
    { what: 'weights of sites, int8', value: mebibytes(bytesOf(inBytes)) },
    { what: 'embeddings, norms and biases, fp32 in both', value: mebibytes(rest) },
  ];
}

const bytesOf = (tensors: readonly Tensor[]): number => tensors.reduce((sum, { data }) => sum + data.byteLength, 0);

async function speeds({ fp32, int8 }: Readonly<Record<'fp32' | 'int8', EngineHost>>): Promise<Line[]> {
  const lines: Line[] = [];
  for (const [count, tokens] of BATCHES) {
    const rows = rowsOf(count, tokens, (i) => `${i % ADAPTERS}`);
    const rounds = count * tokens > 1000 ? 7 : ROUNDS;
    const costs = await alternate({ fp32: () => fp32.run(rows), int8: () => int8.run(rows) }, rounds);
    const ms = (name: keyof typeof costs): string => `${median(costs[name].map(({ cpuMs }) => cpuMs)).toFixed(1)} ms`;
    const ratio = medianRatio(costs.fp32, costs.int8, 'cpuMs');
    lines.push(
      { what: `${count}×${tokens}, fp32, processor time`, value: ms('fp32') },
      { what: `${count}×${tokens}, int8, processor time`, value: ms('int8') },
      { what: `${count}×${tokens}, fp32 over int8`, value: ratio.toFixed(2), target: atLeast(ratio, LEAST)! },
    );
  }
  return lines;
}
