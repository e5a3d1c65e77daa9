import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { importAdapter } from '../src/adapters/import.js';
import { createOnnxExecutor } from '../src/engine/executors/onnx.js';
import { directorySource } from '../src/models/directory-source.js';
import { loadBaseModel } from '../src/models/load.js';
import { EngineHost } from '../src/runtime/engine-host.js';
import type { Row } from '../src/runtime/protocol.js';
import { atLeast, atMost, type Bench, type Line } from './bench.js';
import { MINILM } from './support/base-directory.js';
import { sentence, throughput } from './support/load.js';
import { loraFiles } from './support/lora-files.js';
import { median } from './support/measure.js';
import { RunningService } from './support/running-service.js';
import { withMiniLm } from './support/temporary.js';

const ADAPTERS = 32;
const TOKENS = 64;
const ROUNDS = 5;
const REQUESTS = 600;
const CONCURRENCY = 32;
const SHAPE = { layers: MINILM.layers, hidden: MINILM.hidden, rank: 8, labels: 10 };

/** What HTTP, queue, tokenizer and threads cost on top of the engine. */
export const http: Bench = {
  name: 'http',
  title: 'Requests through HTTP against the engine alone',
  method:
    `MiniLM-L6 shape, ${ADAPTERS} LoRA adapters r = 8 on query and value, texts of about ${TOKENS} tokens, one text a ` +
    `request, ${CONCURRENCY} requests at once; the client runs on the same machine and shares its cores. The engine alone ` +
    `is given the same rows in batches of ${CONCURRENCY}. ${ROUNDS} alternating rounds of ${REQUESTS} requests, medians.`,
  run: () => withMiniLm(measure),
};

async function measure(directory: string): Promise<Line[]> {
  const service = await RunningService.start({ BASE_MODEL: directory, DEFAULT_TENANT: 'true', ENGINE: 'onnx-cpu' });
  const engine = await openEngine(directory);
  for (let i = 0; i < ADAPTERS; i++) await service.import(`adapter-${i}`, loraFiles(SHAPE, i));
  const throughHttp = (): Promise<number> =>
    throughput((i) => service.classify(`adapter-${i % ADAPTERS}`, sentence(TOKENS, i)), {
      count: REQUESTS,
      concurrency: CONCURRENCY,
    });
  await throughHttp();
  await engine.rate();
  const rates = { http: [] as number[], engine: [] as number[] };
  for (let round = 0; round < ROUNDS; round++) {
    rates.http.push(await throughHttp());
    rates.engine.push(await engine.rate());
  }
  const share = median(rates.http.map((rate, i) => rate / rates.engine[i]!));
  const delayP99Ms = 1000 * (await service.metric('nodejs_eventloop_lag_p99_seconds'));
  const fill = (await service.metric('tessera_batch_fill_sum')) / (await service.metric('tessera_batch_fill_count'));
  const rows = (await service.metric('tessera_batch_rows_sum')) / (await service.metric('tessera_batch_rows_count'));
  await engine.stop();
  await service.stop();
  return [
    { what: 'engine alone', value: `${median(rates.engine).toFixed(1)} texts/s` },
    { what: 'through HTTP', value: `${median(rates.http).toFixed(1)} texts/s` },
    { what: 'share of the engine', value: share.toFixed(3), target: atLeast(share, 0.85)! },
    { what: 'rows a batch, mean', value: rows.toFixed(1) },
    { what: 'batch fill, mean', value: fill.toFixed(3) },
    {
      what: 'event-loop delay of the API process, p99',
      value: `${delayP99Ms.toFixed(1)} ms`,
      target: atMost(delayP99Ms, 20, 'ms')!,
    },
  ];
}

async function openEngine(directory: string): Promise<{ rate(): Promise<number>; stop(): Promise<void> }> {
  const model = await loadBaseModel(directorySource(directory));
  const cacheDir = await mkdtemp(join(tmpdir(), 'tessera-bench-engine-'));
  const executor = await createOnnxExecutor({ provider: 'cpu', threads: 0, cacheDir });
  const host = new EngineHost({ name: 'bench', base: model, executor });
  for (let i = 0; i < ADAPTERS; i++) await host.load(`adapter-${i}`, importAdapter(loraFiles(SHAPE, i), model).brick);
  const rows = Array.from({ length: CONCURRENCY }, (_, i): Row => {
    const { ids, typeIds } = model.tokenizer.encode(sentence(TOKENS, i));
    const id = `adapter-${i % ADAPTERS}`;
    return {
      inputIds: ids,
      tokenTypeIds: typeIds,
      bricks: [{ id, weight: 1 }],
      heads: [id],
      task: { kind: 'sequence' },
    };
  });
  return {
    async rate() {
      const start = performance.now();
      const batches = Math.ceil(REQUESTS / CONCURRENCY);
      for (let i = 0; i < batches; i++) await host.run(rows);
      return (1000 * batches * CONCURRENCY) / (performance.now() - start);
    },
    async stop() {
      await host.stop();
      await rm(cacheDir, { recursive: true, force: true });
    },
  };
}
