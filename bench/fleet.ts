import { SeededRandom } from '../test/support/seeded-random.js';
import { atLeast, type Bench, type Line } from './bench.js';
import { throughput, sentence, zipf } from './support/load.js';
import { loraFiles } from './support/lora-files.js';
import { median } from './support/measure.js';
import { RunningService } from './support/running-service.js';

const FLEET = 10_000;
const RESIDENT = 256;
const SHAPE = { layers: 4, hidden: 256, rank: 8, labels: 5 };
const REQUESTS = 1500;
const ROUNDS = 3;

/** Many registered adapters, few resident. */
export const fleet: Bench = {
  name: 'fleet',
  title: '10,000 registered adapters',
  method:
    `The shipped base, ${FLEET} LoRA adapters r = 8 imported over HTTP, one text of about 32 tokens a request, 32 requests at ` +
    `once. Pools hold ${RESIDENT} of the adapters. All-resident: the same service asked only for adapters that fit. Rounds ` +
    `of ${REQUESTS} requests alternate; medians of ${ROUNDS}.`,
  async run(): Promise<Line[]> {
    const service = await RunningService.start({
      POOL_BYTES: String(RESIDENT * (await brickBytes())),
      ENGINE: 'onnx-cpu',
    });
    const imports = await throughput((i) => service.import(`a${i}`, loraFiles(SHAPE, i)), {
      count: FLEET,
      concurrency: 4,
    });
    const random = new SeededRandom(7);
    const uniform = (): number => random.floats(1, 0, 1)[0] ?? 0;
    const ask = (pick: () => number) => () =>
      throughput((i) => service.classify(`a${pick()}`, sentence(32, i)), { count: REQUESTS, concurrency: 32 });
    const few = ask(zipf(RESIDENT / 2, uniform));
    const many = ask(zipf(FLEET, uniform));
    const spread = ask(() => Math.floor(uniform() * FLEET));
    await few();
    await many();
    const rates = { few: [] as number[], many: [] as number[], spread: [] as number[] };
    for (let round = 0; round < ROUNDS; round++) {
      rates.few.push(await few());
      rates.many.push(await many());
      rates.spread.push(await spread());
    }
    const [hits, loads] = [
      await service.metric('tessera_residency_hits_total', 'tier="pool"'),
      await service.metric('tessera_residency_loads_total', 'tier="pool"'),
    ];
    await service.stop();
    const share = median(rates.many.map((rate, i) => rate / rates.few[i]!));
    const worst = median(rates.spread.map((rate, i) => rate / rates.few[i]!));
    return [
      { what: 'imports', value: `${imports.toFixed(1)} a second` },
      { what: `all resident (${RESIDENT / 2} adapters, Zipf 1)`, value: `${median(rates.few).toFixed(1)} texts/s` },
      { what: `${FLEET} adapters, Zipf 1`, value: `${median(rates.many).toFixed(1)} texts/s` },
      { what: 'share of all-resident', value: share.toFixed(3), target: atLeast(share, 0.7)! },
      {
        what: `${FLEET} adapters, all equally likely (every request a load), share of all-resident`,
        value: worst.toFixed(3),
      },
      { what: 'found in the pools', value: `${((100 * hits) / (hits + loads)).toFixed(1)} %` },
    ];
  },
};

/** Pages of query and value over all layers (A and B), and the head. */
async function brickBytes(): Promise<number> {
  const { layers, hidden, rank, labels } = SHAPE;
  return 4 * (2 * 2 * layers * rank * hidden + labels * (hidden + 1));
}
