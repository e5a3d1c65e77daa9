import { atMost, type Bench, type Line } from './bench.js';
import { MINILM } from './support/base-directory.js';
import { sentence } from './support/load.js';
import { loraFiles } from './support/lora-files.js';
import { median, quantile } from './support/measure.js';
import { RunningService } from './support/running-service.js';
import { withMiniLm } from './support/temporary.js';

const ADAPTERS = 120;
const SHAPE = { layers: MINILM.layers, hidden: MINILM.hidden, rank: 8, labels: 10 };

/** The first answer of an adapter that is on local disk only, and the first answer after a new version. */
export const cold: Bench = {
  name: 'cold',
  title: 'Cold adapters and swaps',
  method:
    `MiniLM-L6 shape, LoRA r = 8 on query and value (about 300 KB), one request at a time, texts of about 32 tokens. Cold: ` +
    'first request for an adapter that the host and device have never held. Swap: a request right after the alias moved to ' +
    `a new version. ${ADAPTERS} of each; warm requests in between.`,
  run: () => withMiniLm(measure),
};

async function measure(directory: string): Promise<Line[]> {
  const service = await RunningService.start({ BASE_MODEL: directory, DEFAULT_TENANT: 'true', ENGINE: 'onnx-cpu' });
  for (let i = 0; i < ADAPTERS; i++) await service.import(`a${i}`, loraFiles(SHAPE, i));
  await service.import('warm', loraFiles(SHAPE, 10_000));
  const timed = async (model: string, seed: number): Promise<number> => {
    const start = performance.now();
    await service.classify(model, sentence(32, seed));
    return performance.now() - start;
  };
  for (let i = 0; i < 20; i++) await timed('warm', i);
  const warmMs: number[] = [];
  const coldMs: number[] = [];
  for (let i = 0; i < ADAPTERS; i++) {
    warmMs.push(await timed('warm', i));
    coldMs.push(await timed(`a${i}`, i));
  }
  const swapMs: number[] = [];
  for (let i = 0; i < ADAPTERS; i++) {
    await service.import('warm', loraFiles(SHAPE, 20_000 + i));
    swapMs.push(await timed('warm', i));
  }
  await service.stop();
  const above = median(coldMs) - median(warmMs);
  const shown = (values: readonly number[]): string =>
    `p50 ${median(values).toFixed(1)} ms, p95 ${quantile(values, 0.95).toFixed(1)} ms`;
  return [
    { what: 'warm', value: shown(warmMs) },
    { what: 'cold', value: shown(coldMs) },
    { what: 'cold above warm, p50', value: `${above.toFixed(1)} ms`, target: atMost(above, 15, 'ms')! },
    { what: 'first answer after a swap', value: shown(swapMs) },
  ];
}
