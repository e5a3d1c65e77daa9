import { IncompatibleAdapterError } from '../../common/errors.js';
import type { Head } from '../../models/heads.js';
import type { AdapterBase, AdapterTask } from '../adapter-base.js';
import type { Brick } from '../brick.js';
import { empty } from '../describe.js';
import { adapterDigest } from '../digest.js';
import type { AdapterFiles } from '../files.js';
import { headFrom } from '../head-fields.js';
import type { ImportedAdapter } from '../import-weights.js';
import { headLabels, outputsOf } from '../labels.js';
import { brickBytes } from '../packed.js';
import type { ConformanceReport } from '../report.js';
import { expectShape, readWeights, requireFile, type Weights } from '../weights.js';
import { readGates } from './gate-tensors.js';
import { ROUTER_FILE, ROUTER_WEIGHTS, type RouterFields } from './router-files.js';
import { readUsage, USAGE_PREFIX } from './router-usage.js';

const FILES: readonly string[] = [ROUTER_FILE, ROUTER_WEIGHTS, 'card.json'];
const TASKS = { sequence: 'sequence_classification', token: 'token_classification' } as const;

/**
 * A router on a base: gates of all its experts, and the head of its task.
 *
 * @throws IncompatibleAdapterError  for gates or a head that this base has no place for, and a router without gates
 */
export function importRouter(files: AdapterFiles, fields: RouterFields, base: AdapterBase): ImportedAdapter {
  const beside = [...files.keys()].find((name) => !FILES.includes(name));
  if (beside !== undefined) throw refused(`router: must be ${FILES.join(', ')} alone, got ${beside} beside them`);
  const weights = readWeights(requireFile(files, ROUTER_WEIGHTS), ROUTER_WEIGHTS);
  const gates = readGates(weights, base.sites, fields.experts);
  if (Object.keys(gates).length === 0) throw refused('router: must hold gates at some place, got none');
  const head = headOf(fields, weights, base);
  readUsage(weights, fields.experts, base.sites.layers);
  checkNames(weights, head);
  const labels = labelsOf(fields, head);
  const task: AdapterTask = fields.head ? TASKS[fields.head.kind] : 'embedding';
  const brick: Brick = {
    ...{ lowRank: {}, embeddings: [], vectors: {}, bottlenecks: [], gates },
    ...{ gatesFor: fields.law, experts: fields.experts, ...(head && { head }) },
  };
  const digest = adapterDigest(files, labels);
  const tensors = [...weights].map(([name, { shape }]) => ({ name, dtype: 'F32', shape }));
  const report: ConformanceReport = {
    ...empty(files),
    ...{ format: 'tessera', method: fields.law, served: true, task, tensors, digest },
    parameters: [...weights].reduce(
      (sum, [name, { data }]) => sum + (name.startsWith(USAGE_PREFIX) ? 0 : data.length),
      0,
    ),
    ...(head && { head: { kind: head.kind, outputs: outputsOf(head) ?? 0 } }),
    ...labels,
    base: base.config.family,
    residentBytes: brickBytes(brick),
  };
  return { brick, ...(labels && { labels }), task, report, digest };
}

function headOf({ head }: RouterFields, weights: Weights, { config: { hidden } }: AdapterBase): Head | undefined {
  if (!head) return undefined;
  const made = headFrom(head, (place) => {
    const found = weights.get(`head.${place}`);
    if (found) return found;
    throw refused(`head.${place}: must come with a ${head.kind} head, got nothing`);
  });
  if (made.kind === 'masked_lm') throw refused('head: must be of kind sequence or token, got masked_lm');
  const { out } = made;
  const [outputs = 0] = out.weight.shape;
  if (made.kind === 'sequence') {
    expectShape('head.dense.weight', made.dense.weight, [hidden, hidden]);
    expectShape('head.dense.bias', made.dense.bias, [hidden]);
  }
  expectShape('head.out.weight', out.weight, [Math.max(1, outputs), hidden]);
  expectShape('head.out.bias', out.bias, [outputs]);
  return made;
}

function checkNames(weights: Weights, head: Head | undefined): void {
  const known = ['gates.', USAGE_PREFIX, ...(head ? ['head.'] : [])];
  const odd = [...weights.keys()].find((name) => !known.some((prefix) => name.startsWith(prefix)));
  if (odd !== undefined)
    throw refused(`${ROUTER_WEIGHTS}: must hold gates.<place>, usage.<place> and the head of router.json, got ${odd}`);
}

function labelsOf({ labels, problem }: RouterFields, head: Head | undefined) {
  if (!head) return undefined;
  return headLabels(outputsOf(head), { given: labels, problem });
}

function refused(rule: string): IncompatibleAdapterError {
  return new IncompatibleAdapterError(rule, { param: ROUTER_WEIGHTS });
}
