import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { toPublicId } from '../../src/common/public-id.js';
import { FineTuningJobEntity, type FineTuningJob } from '../../src/jobs/fine-tuning-job.entity.js';
import { TaskFileEntity } from '../../src/jobs/task-file.entity.js';
import { AdapterVersionEntity } from '../../src/registry/adapter-version.entity.js';
import { DatasetEntity } from '../../src/registry/dataset.entity.js';
import { ObjectCleanupEntity } from '../../src/registry/object-cleanup.entity.js';
import { VersionLineageEntity } from '../../src/registry/version-lineage.entity.js';
import ensureBuilt from '../support/build.js';
import { FakeObjectStore } from '../support/fake-object-store.js';
import { TestWorker } from '../support/jobs-kit.js';
import { localCompiler } from '../support/local-compiler.js';
import { TestDatabase } from '../support/servers.js';
import { writeTinyModel } from '../support/tiny-model.js';

const CHILD = new URL('../support/mortal-training-child.mjs', import.meta.url);
const TEXTS = ['the rain', 'market a', 'b rain and the', 'a market and b', 'rain', 'the market', 'b and a', 'and rain'];
const SQUAD = { method: 'mod_squad', experts: 3, top_k: 2, rank: 2 };
const PARTS = ['e00', 'e01', 'e02', 'mood', 'mood.router', 'topic', 'topic.router'];

/** Each text is a row of both tasks. */
const rows = TEXTS.flatMap((text, at) => [
  `${JSON.stringify({ text, task: 'topic', label: at % 2 ? 'odd' : 'even' })}\n`,
  `${JSON.stringify({ text, task: 'mood', label: at < 4 ? 'low' : 'high' })}\n`,
]).join('');
const labelled = TEXTS.map((text, at) => `${JSON.stringify({ text, label: at % 2 ? 'odd' : 'even' })}\n`).join('');

/** Holds the first object that is stored at such a key. */
class GatedStore extends FakeObjectStore {
  private gate: { readonly pattern: RegExp; readonly held: () => void; readonly go: Promise<void> } | undefined;

  override async put(...[key, ...rest]: Parameters<FakeObjectStore['put']>): ReturnType<FakeObjectStore['put']> {
    const { gate } = this;
    if (gate?.pattern.test(key)) {
      this.gate = undefined;
      gate.held();
      await gate.go;
    }
    return super.put(key, ...rest);
  }

  hold(pattern: RegExp): { readonly held: Promise<void>; readonly open: () => void } {
    let open = (): void => undefined;
    const go = new Promise<void>((resolve) => (open = resolve));
    const held = new Promise<void>((resolve) => (this.gate = { pattern, held: resolve, go }));
    return { held, open };
  }
}

describe('jobs that make several versions, and fits', { timeout: 300_000 }, () => {
  let home: string;
  let database: TestDatabase;
  let worker: TestWorker;
  let tenantId: string;
  let squadFile: string;
  let labelledFile: string;
  const store = new GatedStore();

  beforeAll(async () => {
    await ensureBuilt();
    home = await mkdtemp(join(tmpdir(), 'tessera-squads-'));
    const base = join(home, 'base');
    await writeTinyModel(base, { modelType: 'bert', task: 'masked_lm' });
    database = await TestDatabase.create(inject('servers'), []);
    worker = await TestWorker.start({ database, store, entry: CHILD, base, compiler: await localCompiler(base) });
    tenantId = await worker.newTenant('owner');
    squadFile = await worker.upload(tenantId, rows);
    labelledFile = await worker.upload(tenantId, labelled);
  });
  afterAll(async () => {
    await worker.stop();
    await database.close();
    await rm(home, { recursive: true });
  });

  let jobs = 0;
  const common = () => ({
    ...{ steps: 10, seed: 3, suffix: `job-${jobs++}` },
    dataset: { near_duplicates: 'keep', validation_fraction: 0, test_fraction: 0 },
    hyperparameters: { checkpoint_every: 4, max_tokens: 16, batch_size: 8 },
  });
  const newSquad = () =>
    worker.create(tenantId, squadFile, {
      ...{ ...common(), adapter: SQUAD },
      objective: { name: 'mod_squad', tasks: { topic: 1, mood: 1 } },
    });
  const over = async (job: FineTuningJob): Promise<FineTuningJob> => {
    await worker.until(job, ['succeeded', 'failed', 'cancelled']);
    return worker.until(job, ({ claimId }) => claimId === null);
  };
  const cancel = (job: FineTuningJob) => worker.jobs.cancel(tenantId, toPublicId('ftjob', job.id), {});

  /** What the tenant has under the job's name: of each part the digest, of a composition what it is made of. */
  async function madeBy({ adapterName }: FineTuningJob): Promise<Record<string, string>> {
    const { items } = await worker.registry.list(tenantId, { limit: 100 });
    const own = items.filter(({ name }) => name.startsWith(adapterName));
    const made = own.map(async ({ name }): Promise<[string, string]> => {
      const ref = await worker.registry.resolve(tenantId, name);
      if (ref.kind === 'base') return [name, 'base'];
      const { digest, summary } = ref.version;
      const text = summary.kind === 'composition' ? String(summary.details['text']) : digest;
      return [name.slice(adapterName.length + 1), text.replaceAll(adapterName, 'job')];
    });
    return Object.fromEntries(await Promise.all(made));
  }

  /** Every stored object belongs to a version, none is announced, and no run has left a directory. */
  async function expectNothingLeft(): Promise<void> {
    const [imports, announced] = await worker.db.run(tenantId, async (manager) => [
      (await manager.find(AdapterVersionEntity)).map(({ importId }) => importId),
      await manager.count(ObjectCleanupEntity),
    ]);
    const stored = new Set<string>();
    for await (const { key } of store.list('tenants/')) {
      expect(key).not.toContain('/checkpoints/');
      const [, importId] = /\/adapters\/[^/]+\/([^/]+)\//.exec(key) ?? [];
      if (importId !== undefined) stored.add(importId);
    }
    expect([[...stored].sort(), announced]).toEqual([[...imports].sort(), 0]);
    expect(await worker.runs()).toEqual([]);
  }

  const dieAt = (pattern: string): Promise<void> => writeFile(join(worker.dataDir, 'plan'), pattern);

  describe('a squad', () => {
    let unbroken: Record<string, string>;
    beforeAll(async () => {
      const job = await over(await newSquad());
      expect(job).toMatchObject({ status: 'succeeded', error: null });
      unbroken = await madeBy(job);
    });

    it('is experts, routers and compositions, and its models are the compositions', async () => {
      expect(Object.keys(unbroken).sort()).toEqual(PARTS);
      expect(unbroken['mood']).toMatch(/^mod_squad\(job\.e00@.*; router=job\.mood\.router@.*\)$/);
      await expectNothingLeft();
    });

    it.each([
      ['before a checkpoint', '^event step 2$'],
      ['after a checkpoint', '^event step 6$'],
      ['while its parts are written', '^open .*/\\.result/routers/topic/'],
      ['when all of it is written', '^event finished'],
    ])('is the same when its process dies %s', async (_when, pattern) => {
      await dieAt(pattern);
      const job = await over(await newSquad());
      expect(job).toMatchObject({ status: 'succeeded', error: null });
      expect(await worker.messages(job)).toContainEqual(expect.stringContaining('(training_process_died)'));
      expect(await madeBy(job)).toEqual(unbroken);
      await expectNothingLeft();
    });

    it.each([
      ['it trains', undefined],
      ['an expert is stored', /\/adapter_model\.safetensors$/],
      ['its last part is stored', /\/composition\.json$/],
    ])('is not there at all when it is cancelled while %s', async (_when, pattern) => {
      const gate = pattern && store.hold(pattern);
      const job = await newSquad();
      if (gate) await gate.held;
      else await worker.until(job, ({ progress }) => (progress?.step ?? 0) >= 1);
      expect(await cancel(job)).toMatchObject({ status: 'cancelled' });
      gate?.open();
      expect(await over(job)).toMatchObject({ status: 'cancelled', fineTunedModel: null });
      expect(await madeBy(job)).toEqual({});
      await expectNothingLeft();
    });

    it('is made once, whole, when its worker is believed dead between two versions', async () => {
      const gate = store.hold(/\/composition\.json$/);
      const job = await newSquad();
      await gate.held;
      expect(await madeBy(job)).toEqual({}); // the parts are stored by now, and are no versions yet
      const lost = { claimId: randomUUID(), leaseUntil: new Date(0) };
      await worker.db.run(tenantId, (manager) => manager.update(FineTuningJobEntity, { id: job.id }, lost));
      await sleep(50);
      gate.open();
      expect(await over(job)).toMatchObject({ status: 'succeeded', error: null });
      expect(await madeBy(job)).toEqual(unbroken);
      await expectNothingLeft();
    });
  });

  describe('a squad of tasks with files of their own', () => {
    let files: Record<'topic' | 'mood', string>;
    beforeAll(async () => {
      const upload = async (more: string) => worker.upload(tenantId, labelled.replaceAll('"}', `"${more}}`));
      files = { topic: await upload(''), mood: await upload(' ') };
    });
    const objective = (tasks: unknown = sources()) => ({ name: 'mod_squad', tasks: tasks as never });
    const sources = () => [
      { name: 'topic', training_file: files.topic, weight: 2 },
      { name: 'mood', training_file: files.mood },
    ];
    const newOne = (more: { tasks?: unknown; tenant?: string; trainingFile?: string | null } = {}) => {
      const { steps, hyperparameters, ...rest } = common();
      const request = {
        ...{ ...rest, model: 'base', task: 'sequence_classification' as const, adapter: SQUAD },
        ...{ objective: objective(more.tasks), hyperparameters: { max_steps: steps, ...hyperparameters } },
      };
      const { tenant = tenantId, trainingFile = null } = more;
      return worker.jobs.create(tenant, { request, trainingFile, validationFile: null, metadata: {} }, {});
    };
    const lineageOf = (name: string) =>
      worker.db.run(tenantId, async (manager) => {
        const ref = await worker.registry.resolve(tenantId, name);
        if (ref.kind === 'base') throw new Error('expected a version');
        return manager.findOneByOrFail(VersionLineageEntity, { digest: ref.version.digest });
      });

    it('prepares each as a job of that task alone would, and says of what each version was made', async () => {
      const job = await over(await newOne());
      expect(job).toMatchObject({ status: 'succeeded', error: null });
      const single = await over(
        await worker.create(tenantId, files.mood, { ...common(), adapter: { method: 'lora' } }),
      );
      const rows = await worker.db.run(tenantId, (manager) =>
        manager.find(TaskFileEntity, { where: { jobId: job.id }, order: { position: 'ASC' } }),
      );
      expect(rows.map(({ task }) => task)).toEqual(['topic', 'mood']);
      expect(rows[1]!.datasetId).toBe(single.datasetId);
      expect([rows[0]!.datasetId, toPublicId('file', job.trainingFile!)]).toEqual([job.datasetId, files.topic]);
      const messages = await worker.messages(job);
      for (const task of ['topic', 'mood'])
        expect(messages).toContainEqual(expect.stringMatching(new RegExp(`^Files of ${task} validated: 8 of 8 rows`)));
      expect(messages).toContainEqual(expect.stringMatching(/^Training started: 10 steps over 16 examples/));
      expect(Object.keys(await madeBy(job)).sort()).toEqual(PARTS);
      const mood = await worker.db.run(tenantId, (manager) =>
        manager.findOneByOrFail(DatasetEntity, { id: rows[1]!.datasetId! }),
      );
      for (const part of ['mood', 'mood.router'])
        expect((await lineageOf(`${job.adapterName}.${part}`)).datasetDigest).toBe(mood.digest);
      const expert = await lineageOf(`${job.adapterName}.e01`);
      expect(expert.datasetDigest).not.toBe(mood.digest);
      expect(expert).toMatchObject({
        split: { train: { rows: 16 } },
        hyperparameters: { objective: { tasks: { topic: 2, mood: 1 } } },
      });
      await expectNothingLeft();
    });

    it('goes on when its process dies while it reads the second file, and when it trains', async () => {
      const extra = await worker.upload(tenantId, labelled.replaceAll('"}', '"  }'));
      const tasks = [sources()[0], { name: 'mood', training_file: extra }];
      await dieAt('open .*/mood/train\\.jsonl$');
      const job = await over(await newOne({ tasks }));
      expect(job).toMatchObject({ status: 'succeeded', error: null });
      await dieAt('^event step 6$');
      const again = await over(await newOne({ tasks }));
      expect(await worker.messages(again)).toContainEqual(expect.stringContaining('(training_process_died)'));
      expect(await madeBy(again)).toEqual(await madeBy(job));
      await expectNothingLeft();
    });

    it('keeps all of its files while it runs', async () => {
      const job = await newOne();
      await expect(worker.files.delete(tenantId, files.mood, {})).rejects.toMatchObject({ code: 'file_in_use' });
      await cancel(job);
      await over(job);
      const gone = await worker.upload(tenantId, labelled);
      await worker.files.delete(tenantId, gone, {});
      const tasks = [sources()[0], { name: 'mood', training_file: gone }];
      await expect(newOne({ tasks })).rejects.toMatchObject({ code: 'file_not_found', param: 'objective' });
    });

    it('says whose file is wrong', async () => {
      const bad = await worker.upload(tenantId, '{"text":"a","label":"x"}\nnot json\n{"text":1}\n');
      const job = await over(await newOne({ tasks: [sources()[0], { name: 'mood', training_file: bad }] }));
      expect(job).toMatchObject({ status: 'failed', error: { code: 'invalid_training_file' } });
      expect(job.error?.message).toMatch(/^training_file of mood: /);
      await expectNothingLeft();
    });

    it('does not read another tenant’s files', async () => {
      const stranger = await worker.newTenant('stranger');
      const own = await worker.upload(stranger, labelled);
      const tasks = [{ name: 'topic', training_file: own }, sources()[1]];
      await expect(newOne({ tasks, tenant: stranger })).rejects.toMatchObject({ status: 404, code: 'file_not_found' });
      const seen = await worker.db.run(stranger, (manager) => manager.countBy(TaskFileEntity, {}));
      expect(seen).toBe(0);
    });

    it.each<[string, () => Parameters<typeof newOne>[0], string, string]>([
      [
        'a file of the whole job besides',
        () => ({ trainingFile: files.topic }),
        'training_file',
        'where each task names its own',
      ],
      ['one task', () => ({ tasks: sources().slice(1) }), 'objective', 'objective.tasks: '],
      ['the same task twice', () => ({ tasks: [sources()[0], sources()[0]] }), 'objective', 'expected each name once'],
      [
        'a task without a file',
        () => ({ tasks: [sources()[0], { name: 'mood' }] }),
        'objective',
        'tasks[1].training_file',
      ],
      [
        'a weight that is none',
        () => ({ tasks: [{ ...sources()[0], weight: -1 }, sources()[1]] }),
        'objective',
        'tasks[0].weight',
      ],
      [
        'a task named as an expert',
        () => ({ tasks: [sources()[0], { ...sources()[1], name: 'e01' }] }),
        'objective',
        'that of an expert',
      ],
      [
        'a key that is none',
        () => ({ tasks: [sources()[0], { ...sources()[1], rows: 3 }] }),
        'objective',
        'expected no other keys',
      ],
    ])('is refused with %s', async (_what, more, param, message) => {
      await expect(newOne(more())).rejects.toMatchObject({
        status: 400,
        param,
        message: expect.stringContaining(message),
      });
    });
  });

  describe('a fit', () => {
    let model: string;
    let unbroken: string;
    const digestOf = ({ fineTunedModel }: FineTuningJob): string => fineTunedModel?.split('@')[1] ?? 'none';
    const newFit = () => {
      const request = {
        ...{ model, task: 'sequence_classification' as const, adapter: { method: 'auto' }, hyperparameters: {} },
        objective: { name: 'phatgoose', steps: 8, batch_size: 4 },
        ...{ dataset: { near_duplicates: 'keep' }, seed: 3, suffix: `job-${jobs++}` },
      };
      const files = { trainingFile: labelledFile, validationFile: null, metadata: {} };
      return worker.jobs.create(tenantId, { request, ...files }, {});
    };

    beforeAll(async () => {
      const trained = await over(await worker.create(tenantId, labelledFile, { ...common(), suffix: 'fitted' }));
      model = trained.fineTunedModel!;
      unbroken = digestOf(await over(await newFit()));
      expect(unbroken).toMatch(/^sha256:/);
    });

    it.each([
      ['it fits', '^event step 3$'],
      ['it writes the result', '^rename .*/result$'],
    ])('begins again, to the same result, when its process dies while %s', async (_when, pattern) => {
      await dieAt(pattern);
      const job = await over(await newFit());
      expect(await worker.messages(job)).toContainEqual(expect.stringContaining('(training_process_died)'));
      expect(digestOf(job)).toBe(unbroken);
      await expectNothingLeft();
    });

    it.each([
      ['it fits', undefined],
      ['its version is stored', /\/routing\.safetensors$/],
    ])('leaves nothing when it is cancelled while %s', async (_when, pattern) => {
      const gate = pattern && store.hold(pattern);
      const job = await newFit();
      if (gate) await gate.held;
      else await worker.until(job, ({ status }) => status === 'running');
      await cancel(job);
      gate?.open();
      expect(await over(job)).toMatchObject({ status: 'cancelled', fineTunedModel: null });
      expect(await madeBy(job)).toEqual({});
      await expectNothingLeft();
    });
  });

  describe('a merge, which reads no file', () => {
    let member: string;
    let unbroken: string;
    const digestOf = ({ fineTunedModel }: FineTuningJob): string => fineTunedModel?.split('@')[1] ?? 'none';
    const newMerge = () => {
      const request = {
        ...{ model: 'base', task: 'sequence_classification' as const, adapter: { method: 'auto' } },
        objective: { name: 'merge', members: [member], weights: [0.5], merge_type: 'svd', rank: 2 },
        ...{ hyperparameters: {}, dataset: {}, seed: 3, suffix: `job-${jobs++}` },
      };
      return worker.jobs.create(tenantId, { request, trainingFile: null, validationFile: null, metadata: {} }, {});
    };

    beforeAll(async () => {
      member = (await over(await worker.create(tenantId, labelledFile, { ...common(), suffix: 'merged' })))
        .fineTunedModel!;
      const job = await over(await newMerge());
      expect(job).toMatchObject({ status: 'succeeded', error: null, trainingFile: null, datasetId: null });
      unbroken = digestOf(job);
    });

    it.each([
      ['it merges', '^event merged 2$'],
      ['it writes the result', '^rename .*/result$'],
    ])('begins again, to the same result, when its process dies while %s', async (_when, pattern) => {
      await dieAt(pattern);
      const job = await over(await newMerge());
      expect(await worker.messages(job)).toContainEqual(expect.stringContaining('(training_process_died)'));
      expect(digestOf(job)).toBe(unbroken);
      await expectNothingLeft();
    });

    it('is queued from the start, and again when it goes on after a pause', async () => {
      const job = await newMerge();
      expect(job).toMatchObject({ status: 'queued', parentModel: null });
      expect(job.queuedAt).not.toBeNull();
      const id = toPublicId('ftjob', job.id);
      expect(await worker.jobs.pause(tenantId, id, {})).toMatchObject({ status: 'paused' });
      await worker.until(job, ({ claimId }) => claimId === null);
      expect(await madeBy(job)).toEqual({});
      expect(await worker.jobs.resume(tenantId, id, {})).toMatchObject({ status: 'queued' });
      expect(digestOf(await over(job))).toBe(unbroken);
    });

    it.each([
      ['it merges', undefined],
      ['its version is stored', /\/adapter_model\.safetensors$/],
    ])('leaves nothing when it is cancelled while %s', async (_when, pattern) => {
      const gate = pattern && store.hold(pattern);
      const job = await newMerge();
      if (gate) await gate.held;
      await cancel(job);
      gate?.open();
      expect(await over(job)).toMatchObject({ status: 'cancelled', fineTunedModel: null });
      expect(await madeBy(job)).toEqual({});
      await expectNothingLeft();
    });
  });
});
