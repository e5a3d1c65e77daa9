import { beforeEach, describe, expect, it } from 'vitest';
import { FakeRuntime, fakeBrick } from '../../test/support/fake-runtime.js';
import { NotFoundError } from '../common/errors.js';
import { Metrics } from '../metrics/metrics.js';
import type { Encoding, EncodeOptions } from '../models/tokenizers/encoding.js';
import { Admission } from './admission.js';
import { Batcher } from './batcher.js';
import { FairQueue } from './fair-queue.js';
import { Inference } from './inference.js';
import { InferenceService } from './inference.service.js';
import { Residency } from './residency.js';
import type { ServedModel } from './served-model.js';
import type { Job } from './submission.js';
import { VersionLeases } from './version-leases.js';

const MASK = 99;

/** A token a word: its length; `[MASK]` is 99. */
const tokenizer = {
  special: { mask: MASK },
  maskToken: '[MASK]',
  truncationSide: 'right' as const,
  decode: (ids: Iterable<number>) => `t${[...ids].join()}`,
  encode(text: string, { maxTokens = Infinity }: EncodeOptions = {}): Encoding {
    const words = text
      .split(' ')
      .filter((word) => word !== '')
      .slice(0, maxTokens);
    const ids = Int32Array.from(words, (word) => (word === '[MASK]' ? MASK : word.length));
    return {
      ids,
      typeIds: new Int32Array(ids.length),
      tokens: words,
      offsets: Int32Array.from(words.flatMap((_, i) => [i, i + 1])),
      specialMask: new Uint8Array(ids.length),
      wordIds: Int32Array.from(ids.keys()),
      sequenceIds: new Int8Array(ids.length),
    };
  },
};

function served(tenantId: string, name: string): ServedModel {
  const labels = { labels: ['no', 'yes'], problem: 'single' as const };
  const common = { name, adapter: name, labels, virtualTokens: 0 };
  if (name === 'base')
    return {
      ...common,
      versions: ['sha256:00'],
      held: [],
      bricks: [],
      heads: ['base'],
      tasks: ['masked_lm', 'embedding'],
    };
  if (!name.startsWith('a')) throw new NotFoundError(`model ${name}: no such model`, { code: 'model_not_found' });
  const id = `${tenantId}.${name}`;
  return {
    ...common,
    versions: [`sha256:${name}`],
    held: [{ tenantId, digest: `sha256:${name}` }],
    bricks: [{ ref: { id, objectKey: id, sha256: id, bytes: 100 }, weight: 1 }],
    heads: [id],
    tasks: ['sequence_classification', 'embedding'],
    virtualTokens: name === 'a-prompt' ? 60 : 0,
    ...(name === 'a-verbaliser' && { template: '{text} is [MASK] .' }),
  };
}

let runtime: FakeRuntime;
let leases: VersionLeases;
let metrics: Metrics;
let service: InferenceService;

beforeEach(() => {
  runtime = new FakeRuntime();
  leases = new VersionLeases();
  metrics = new Metrics();
  const residency = new Residency({
    capacityBytes: 1e6,
    maxModels: 4,
    runtime,
    metrics,
    fetch: () => Promise.resolve(fakeBrick()),
  });
  const queue = new FairQueue<Job>({ maxItems: 100, maxItemsPerTenant: 100 });
  service = new InferenceService(
    new Inference({
      base: runtime.base,
      tokenizer,
      catalog: { resolve: (tenantId, model) => Promise.resolve().then(() => served(tenantId, model)) },
      admission: new Admission(metrics),
      limitsOf: (tenantId) => Promise.resolve(tenantId === 'poor' ? { requestsPerSecond: 0.1 } : {}),
      leases,
      batcher: new Batcher({ runtime, residency, queue, metrics, limits: { maxTokens: 64, maxRows: 8 } }),
      metrics,
      maxInputs: 4,
      timeoutMs: 1000,
    }),
  );
});

const caller = { tenantId: 't' };
const classify = (model: string, ...input: string[]) => service.classify(caller, { model, input, topK: 2 });

describe('InferenceService', () => {
  it('answers each input in order, names the version and counts tokens', async () => {
    const answer = await classify('a1', 'x yy', 'zzz');
    expect(answer).toMatchObject({
      model: 'a1',
      versions: ['sha256:a1'],
      usage: { prompt_tokens: 3, total_tokens: 3 },
    });
    expect(answer.data.map(({ index, num_classes }) => [index, num_classes])).toEqual([
      [0, 2],
      [1, 2],
    ]);
    expect(await classify('a1', 'zzz')).toMatchObject({ data: [{ ...answer.data[1], index: 0 }] });
  });

  it('gives one text different answers under different adapters', async () => {
    const [one, two] = await Promise.all([classify('a1', 'same'), classify('a2', 'same')]);
    expect(one.data[0]?.score).not.toBe(two.data[0]?.score);
  });

  it('keeps one adapter name of two tenants apart', async () => {
    const [mine, theirs] = await Promise.all([
      classify('a1', 'same'),
      service.classify({ tenantId: 'u' }, { model: 'a1', input: ['same'], topK: 2 }),
    ]);
    expect(mine.data[0]?.scores).not.toEqual(theirs.data[0]?.scores);
    expect([...runtime.bricks.keys()].sort()).toEqual(['t.a1', 'u.a1']);
  });

  it('leases the version while the request runs and not after, also when it fails', async () => {
    let open = (): void => undefined;
    runtime.beforeRun = () => new Promise<void>((resolve) => (open = resolve));
    const running = classify('a1', 'x');
    while (runtime.batches.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(leases.isLeased('t', 'sha256:a1')).toBe(true);
    open();
    await running;
    expect(leases.isLeased('t', 'sha256:a1')).toBe(false);
    runtime.beforeRun = () => Promise.reject(new Error('broken'));
    await expect(classify('a1', 'x')).rejects.toThrow('broken');
    expect(leases.isLeased('t', 'sha256:a1')).toBe(false);
  });

  it('refuses a task that the model has no head for, an unknown model, and too many inputs', async () => {
    await expect(classify('base', 'x')).rejects.toMatchObject({ status: 400, param: 'model' });
    await expect(classify('zzz', 'x')).rejects.toMatchObject({ status: 404, code: 'model_not_found' });
    await expect(classify('a1', ...'abcde'.split(''))).rejects.toThrow('expected 1 to 4 inputs, got 5');
    await expect(classify('a1')).rejects.toThrow('got 0');
  });

  it('puts texts in the prompt of a model that has one, and asks at its mask', async () => {
    const answer = await classify('a-verbaliser', 'x yy', 'zzz');
    expect(answer.data.map(({ num_classes, scores }) => [num_classes, scores.length])).toEqual([
      [2, 2],
      [2, 2],
    ]);
    expect(runtime.batches.flat().map(({ inputIds, task }) => [[...inputIds], task])).toEqual([
      [[1, 2, 2, MASK, 1], { kind: 'masked_lm', positions: [3] }],
      [[3, 2, MASK, 1], { kind: 'masked_lm', positions: [2] }],
    ]);
    expect(answer.usage.total_tokens).toBe(9);
  });

  it('counts virtual tokens against the longest sequence', async () => {
    await classify('a-prompt', 'a b c d');
    await expect(classify('a-prompt', 'a b c d e')).rejects.toThrow('at most 4 tokens');
  });

  it('refuses by quota before it tokenises', async () => {
    const poor = () => service.classify({ tenantId: 'poor' }, { model: 'a1', input: ['x'], topK: 1 });
    await poor();
    await expect(poor()).rejects.toMatchObject({ status: 429, retryAfterSeconds: 10 });
    expect((await metrics.refusals.get()).values).toMatchObject([{ labels: { limit: 'requests' }, value: 1 }]);
  });

  it('fills masks with the base', async () => {
    const { data } = await service.fillMask(caller, { model: 'base', input: ['a [MASK] b', '[MASK]'], topK: 3 });
    expect(data.map(({ masks }) => masks.map(({ candidates }) => candidates.length))).toEqual([[3], [3]]);
    await expect(service.fillMask(caller, { model: 'base', input: ['no mask'], topK: 3 })).rejects.toThrow(
      'mask token',
    );
  });

  it('embeds texts and token ids to unit length, and refuses other dimensions', async () => {
    const options = { model: 'base', pooling: 'mean', normalize: true } as const;
    const { data } = await service.embed(caller, { ...options, input: ['a bb'] });
    expect(Math.hypot(...(data[0] ?? []))).toBeCloseTo(1, 5);
    expect((await service.embed(caller, { ...options, input: [[1, 2]] })).data).toEqual(data);
    await expect(service.embed(caller, { ...options, input: [[100]] })).rejects.toThrow('expected 0 to 99, got 100');
    await expect(async () => service.embed(caller, { ...options, input: ['a'], dimensions: 2 })).rejects.toThrow(
      'vectors of 4',
    );
  });
});
