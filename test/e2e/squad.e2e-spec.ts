import OpenAI, { toFile } from 'openai';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AdapterFiles } from '../../src/adapters/files.js';
import { ROUTER_FILE, ROUTER_WEIGHTS } from '../../src/adapters/routing/router-files.js';
import { directorySource } from '../../src/models/directory-source.js';
import { openBase } from '../../src/models/open.js';
import { expertFiles } from '../../src/training/squad/expert-files.js';
import { extractSquad } from '../../src/training/squad/extract-squad.js';
import { downloadedSquad } from '../support/downloaded-squad.js';
import { RunningService } from '../support/running-service.js';

const BASE = fileURLToPath(new URL('../../models/tessera-tiny/', import.meta.url));

let service: RunningService;
beforeAll(async () => (service = await RunningService.start({ env: { TRAINING_THREADS: '1' } })));
afterAll(() => service.remove());

const TOPICS = { money: ['what is my balance', 'send cash to bob'], weather: ['will it rain', 'how cold is it'] };
const MOODS = { polite: ['please', 'if you can'], rude: ['now or else', 'you idiot'] };

/** Each text is a row of both tasks. */
const rows = Object.entries(TOPICS).flatMap(([topic, starts]) =>
  Object.entries(MOODS).flatMap(([mood, ends]) =>
    starts.flatMap((start) =>
      ends.flatMap((end) => [
        { text: `${start} ${end}`, task: 'topic', label: topic },
        { text: `${start} ${end}`, task: 'mood', label: mood },
      ]),
    ),
  ),
);
const HYPERPARAMETERS: object = { max_steps: 60, max_tokens: 24, learning_rate: 3e-3, batch_size: 16 };
const SQUAD = { method: 'mod_squad', experts: 4, top_k: 2, rank: 4 };
const TASKS = { topic: 1, mood: 1 };

let key: string;
/** Of another tenant. */
let other: string;
beforeAll(async () => {
  key = await service.defaultKey;
  other = (await service.newTenant('other')).key;
});

describe('a squad', { timeout: 600_000 }, () => {
  it('is trained by a job, and answers as a composition of each task', async () => {
    const client = new OpenAI({ baseURL: `${service.url}/v1`, apiKey: key, maxRetries: 0 });
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    const file = await client.files.create({
      purpose: 'fine-tune',
      file: await toFile(Buffer.from(text), 'rows.jsonl'),
    });
    const body = {
      ...{ model: 'base', training_file: file.id, seed: 1, suffix: 'crew' },
      ...{ adapter: SQUAD, objective: { name: 'mod_squad', tasks: TASKS, balance_weight: 0.1 } },
      dataset: { near_duplicates: 'keep', validation_fraction: 0, test_fraction: 0 },
      method: { type: 'supervised' as const, supervised: { hyperparameters: HYPERPARAMETERS } },
    };
    let job = await client.fineTuning.jobs.create(body);
    while (job.finished_at === null) {
      await sleep(100);
      job = await client.fineTuning.jobs.retrieve(job.id);
    }
    expect(job).toMatchObject({ status: 'succeeded', error: null });
    expect(job.fine_tuned_model).toMatch(/^crew\.mood@sha256:/);
    for (const task of ['topic', 'mood']) {
      const own = rows.filter((row) => row.task === task);
      const asked = { model: `crew.${task}`, input: own.map((row) => row.text) };
      const { status, body: answer } = await service.call(key, 'POST', '/v1/classify', asked);
      expect([status, answer.error]).toEqual([200, undefined]);
      const right = answer.data.filter((row: { label: string }, at: number) => row.label === own[at]?.label);
      expect(right.length).toBeGreaterThanOrEqual(0.8 * own.length);
      const lineage = await service.call(key, 'GET', `/v1/adapters/crew.${task}/versions/${answer.version}/lineage`);
      expect(lineage.body).toMatchObject({ job: job.id, seed: 1 });
    }
    const { body: expert } = await service.call(key, 'GET', '/v1/adapters/crew.e03');
    expect(expert).toMatchObject({ name: 'crew.e03' });

    const wrong = async (more: object) => {
      const { status, body: answer } = await service.call(key, 'POST', '/v1/fine_tuning/jobs', { ...body, ...more });
      return [status, answer.error?.param];
    };
    expect(await wrong({ adapter: { ...SQUAD, experts: 1 } })).toEqual([400, 'adapter']);
    expect(await wrong({ adapter: { ...SQUAD, top_k: 5 } })).toEqual([400, 'adapter']);
    expect(await wrong({ adapter: { method: 'lora' } })).toEqual([400, 'adapter']);
    expect(await wrong({ objective: { name: 'mod_squad', tasks: { topic: 1 } } })).toEqual([400, 'objective']);
    expect(await wrong({ objective: { name: 'multi_task', tasks: TASKS } })).toEqual([400, 'adapter']);
    expect(await wrong({ objective: { name: 'mod_squad', tasks: TASKS, balance: 'luck' } })).toEqual([
      400,
      'objective',
    ]);
    for (const name of ['crew.e03', 'crew.mood.router', 'crew.mood']) {
      expect((await service.call(other, 'GET', `/v1/adapters/${name}`)).status).toBe(404);
    }
    const foreign = { model: 'crew.mood', input: 'what is my balance' };
    expect((await service.call(other, 'POST', '/v1/classify', foreign)).status).toBe(404);
  });

  const filesOf = async (model: string): Promise<AdapterFiles> => {
    const [name, digest] = model.split('@');
    const path = `/v1/adapters/${name}/versions/${digest}/files`;
    const { body } = await service.call(key, 'GET', path);
    const files = body.data.map(async ({ name: file }: { name: string }) => {
      const headers = { authorization: `Bearer ${key}` };
      const response = await fetch(`${service.url}${path}/${file}`, { headers });
      return [file, new Uint8Array(await response.arrayBuffer())] as const;
    });
    return new Map(await Promise.all(files));
  };
  const upload = async (name: string, files: AdapterFiles): Promise<string> => {
    const form = new FormData();
    form.set('name', name);
    for (const [file, bytes] of files) form.append('files', new Blob([new Uint8Array(bytes)]), file);
    const { status, body } = await service.call(key, 'POST', '/v1/adapters', form);
    expect([status, body.error]).toEqual([201, undefined]);
    return body.version;
  };
  const extract = (composition: string, body: object, by = key) =>
    service.call(by, 'POST', `/v1/compositions/${composition}/extract`, body);
  const scores = async (model: string) => {
    const input = rows.filter(({ task }) => task === 'topic').map(({ text }) => text);
    const { status, body } = await service.call(key, 'POST', '/v1/classify', { model, input });
    expect([status, body.error]).toEqual([200, undefined]);
    return body.data.map((item: { scores: object }) => item.scores);
  };
  const compositionOf = async (name: string) => (await service.call(key, 'GET', `/v1/compositions/${name}`)).body;

  it('gives the part of one task, which answers as one that is cut in memory, with fewer bytes', async () => {
    const asked = { name: 'topical', keep: 2 };
    const { status, body: plan } = await extract('crew.topic', { ...asked, dry_run: true });
    expect([status, plan.object]).toEqual([200, 'composition.extraction']);
    expect((await service.call(key, 'GET', '/v1/compositions/topical')).status).toBe(404);
    const { status: made, body } = await extract('crew.topic', asked);
    expect([made, body.error]).toEqual([201, undefined]);
    expect(body).toMatchObject({ name: 'topical', extracted: plan.extracted, labels: ['money', 'weather'] });
    expect(await compositionOf('topical')).toEqual(body);
    const { experts, bytes, places, from } = body.extracted;
    expect(experts).toEqual({ before: 4, after: 2 });
    expect(bytes.after).toBeLessThan(0.8 * bytes.before);
    expect(places.length).toBeGreaterThan(1);

    const source = await compositionOf('crew.topic');
    expect(from).toBe(source.model);
    const base = await openBase(directorySource(BASE));
    const { route, router } = source.recipe.composition;
    const downloaded = { router: await filesOf(router), experts: await Promise.all(route.map(filesOf)) };
    const shape = { topK: 2, temperature: 1, rank: 4, alpha: 8 };
    const squad = downloadedSquad(downloaded, 'topic', base.sites, shape);
    const { squad: cut, kept } = extractSquad(squad, { task: 'topic', keep: 2 });
    const chosen = places.map(({ place, kept: own }: { place: string; kept: number[] }) => [place, own]);
    expect(Object.fromEntries(chosen)).toEqual(Object.fromEntries(kept));
    const members = body.recipe.composition.route as string[];
    for (const [at, member] of members.entries())
      expect(await upload(`memory.e${at}`, expertFiles(cut, at, base as never))).toBe(member.split('@')[1]);
    const own = await filesOf(body.recipe.composition.router);
    expect([...own.keys()].sort()).toEqual([ROUTER_FILE, ROUTER_WEIGHTS]);
    await upload('memory.router', own);
    const composition = 'mod_squad(memory.e0, memory.e1; router=memory.router, top_k=2, temperature=1)';
    await service.call(key, 'POST', '/v1/compositions', { name: 'memory', composition });
    expect(await scores('topical')).toEqual(await scores('memory'));

    const lineage = (path: string) => service.call(key, 'GET', `/v1/adapters/${path}/lineage`);
    const { body: parent } = await lineage(`crew.topic/versions/${source.version}`);
    for (const part of [body.model, ...body.members]) {
      const { body: of } = await lineage(part.replace('@', '/versions/'));
      expect(of).toMatchObject({ parent: source.model, job: parent.job, dataset: parent.dataset, metrics: {} });
      expect(of.hyperparameters).toEqual({ extracted: { by: 'layers', threshold: null, keep: 2 } });
    }
  });

  it('is whole when nothing is cut, and its parts are shared when it is cut by experts', async () => {
    const { body: whole } = await extract('crew.topic', { name: 'whole', by: 'experts', keep: 4 });
    const source = await compositionOf('crew.topic');
    expect(whole.recipe.composition.route).toEqual(source.recipe.composition.route);
    expect(await scores('whole')).toEqual(await scores('crew.topic'));
    const { body } = await extract('crew.topic', { name: 'crew.topic', by: 'experts', keep: 3, alias: '' });
    const route = body.recipe.composition.route as string[];
    expect(route).toHaveLength(3);
    expect(source.recipe.composition.route).toEqual(expect.arrayContaining(route));
    expect(body.extracted).toMatchObject({ experts: { before: 4, after: 3 }, places: [{ place: null }] });
    expect(body.extracted.bytes.after).toBeLessThan(body.extracted.bytes.before);
    expect((await compositionOf('crew.topic')).version).toBe(source.version);
    expect((await scores(body.model)).length).toBe(16);
    const { body: again } = await extract('crew.topic', { name: 'again', threshold: 0 });
    expect(again.extracted).toMatchObject({ by: 'layers', threshold: 0, keep: null });
  });

  it.each<[string, string, object, number, string, string]>([
    ['of another tenant', 'crew.topic', {}, 404, 'composition_not_found', 'name'],
    ['that is not there', 'nothing', {}, 404, 'composition_not_found', 'name'],
    ['that is an adapter', 'crew.e00', {}, 404, 'composition_not_found', 'name'],
    ['that is no squad', 'pair', {}, 400, 'not_a_squad', 'name'],
    ['with fewer experts than a token goes to', 'crew.topic', { keep: 1 }, 400, 'invalid_value', 'keep'],
    ['with more experts than there are', 'crew.topic', { keep: 5 }, 400, 'invalid_value', 'keep'],
    ['with a threshold below 0', 'crew.topic', { threshold: -1 }, 400, 'invalid_value', 'threshold'],
    ['with a threshold and a number', 'crew.topic', { threshold: 1, keep: 2 }, 400, 'invalid_value', 'keep'],
    ['into a name that none may have', 'crew.topic', { name: 'A B' }, 400, 'invalid_value', 'name'],
    ['into the names of its own experts', 'crew.topic', { name: 'crew' }, 400, 'invalid_value', 'name'],
    ['by something else', 'crew.topic', { by: 'luck' }, 400, 'invalid_value', 'by'],
  ])('is not cut: one %s', async (_what, composition, body, status, code, param) => {
    await service.call(key, 'POST', '/v1/compositions', { name: 'pair', composition: 'crew.e00 + crew.e01' });
    const asked = { name: 'cut', ...body };
    const answer = await extract(composition, asked, _what === 'of another tenant' ? other : key);
    expect([answer.status, answer.body.error]).toEqual([status, expect.objectContaining({ code, param })]);
  });

  it('is not cut where the tenant has no room, and nothing is left of it', async () => {
    const admin = await service.adminKey;
    const { body: tenants } = await service.call(admin, 'GET', '/admin/tenants');
    const { id } = tenants.data.find(({ name }: { name: string }) => name === 'default');
    const { body: list } = await service.call(key, 'GET', '/v1/adapters?limit=100');
    const count: number = list.data.length;
    await service.call(admin, 'PUT', `/admin/quotas/${id}`, { adapter_count: count + 2 });
    const answer = await extract('crew.topic', { name: 'crowded', keep: 2 });
    expect([answer.status, answer.body.error?.code]).toEqual([429, 'adapter_count_exceeded']);
    const { body: after } = await service.call(key, 'GET', '/v1/adapters?limit=100');
    expect(after.data).toHaveLength(count);
    await service.call(admin, 'PUT', `/admin/quotas/${id}`, { adapter_count: null });
  });
});
