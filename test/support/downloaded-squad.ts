import { readRouterFields, ROUTER_WEIGHTS } from '../../src/adapters/routing/router-files.js';
import { PEFT_WEIGHTS, TUNER_PREFIX } from '../../src/adapters/peft-format.js';
import { readWeights, type FloatTensor } from '../../src/adapters/weights.js';
import type { AdapterFiles } from '../../src/adapters/files.js';
import { tensor } from '../../src/engine/tensor.js';
import type { SiteTable } from '../../src/models/sites.js';
import { squadPlace } from '../../src/training/squad/squad-shape.js';
import type { Squad } from '../../src/training/squad/squad.js';

type Shape = Pick<Squad, 'topK' | 'temperature' | 'rank' | 'alpha'>;

/** The squad of one task, as training has it, out of the files that a tenant can download. */
export function downloadedSquad(
  files: { readonly router: AdapterFiles; readonly experts: readonly AdapterFiles[] },
  task: string,
  { sites, layers }: SiteTable,
  shape: Shape,
): Squad {
  const experts = readRouterFields(files.router)!.experts;
  const router = readWeights(files.router.get(ROUTER_WEIGHTS)!, ROUTER_WEIGHTS);
  const weights = files.experts.map((own) => readWeights(own.get(PEFT_WEIGHTS)!, PEFT_WEIGHTS));
  const routed = sites.filter(({ module }) => weights[0]!.has(`${TUNER_PREFIX}${module}.lora_A.weight`));
  const factors = routed.map((site) => {
    const factor = (name: 'A' | 'B') =>
      weights.map((own) => own.get(`${TUNER_PREFIX}${site.module}.lora_${name}.weight`)!);
    const gates = router.get(`gates.${site.role}`)!;
    const usage = router.get(`usage.${site.role}`)!;
    const rows = (held: FloatTensor, width: number): number[] =>
      Array.from({ length: experts }, (_none, expert) => {
        const from = (expert * layers + site.layer) * width;
        return [...held.data.subarray(from, from + width)];
      }).flat();
    const made = {
      a: tensor(
        'float32',
        [experts * shape.rank, site.in],
        Float32Array.from(factor('A').flatMap(({ data }) => [...data])),
      ),
      b: tensor('float32', [experts * shape.rank, site.out], Float32Array.from(factor('B').flatMap(columns))),
      router: tensor('float32', [1, experts, site.in], Float32Array.from(rows(gates, site.in))),
      usage: tensor('float32', [1, experts], Float32Array.from(rows(usage, 1))),
    };
    return [squadPlace(site).name, made] as const;
  });
  return { ...shape, experts, tasks: [task], places: routed.map(squadPlace), factors: new Map(factors) };
}

/** [rows, columns] column by column. */
function columns({ shape, data }: FloatTensor): number[] {
  const [rows = 0, width = 0] = shape;
  return Array.from({ length: width }, (_none, column) =>
    Array.from({ length: rows }, (_also, row) => data[row * width + column]!),
  ).flat();
}
