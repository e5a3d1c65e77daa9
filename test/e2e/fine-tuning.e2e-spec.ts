import OpenAI, { toFile } from 'openai';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isAlive, trainingChildren } from '../support/orphans.js';
import { RunningService } from '../support/running-service.js';

const SECRET = 'S3CRET-of-the-service';

let service: RunningService;
let client: OpenAI;
const connect = async (): Promise<OpenAI> =>
  new OpenAI({ baseURL: `${service.url}/v1`, apiKey: await service.defaultKey, maxRetries: 0 });
beforeAll(async () => {
  service = await RunningService.start({ env: { TESSERA_TEST_SECRET: SECRET } });
  client = await connect();
});
afterAll(() => service.remove());

const upload = async (text: string, name = 'data.jsonl') =>
  client.files.create({ purpose: 'fine-tune', file: await toFile(Buffer.from(text), name) });
const create = (training_file: string, more: object = {}) =>
  client.fineTuning.jobs.create({ model: 'base', training_file, ...more });

/** Rows enough that their preparation takes a while. */
const many = (rows: number): string => {
  const word = (at: number): string => (at * 2_654_435_761).toString(36);
  return Array.from({ length: rows }, (_, at) => {
    const text = Array.from({ length: 40 }, (_none, i) => word(at * 40 + i)).join(' ');
    return JSON.stringify({ text, label: at % 2 ? 'odd' : 'even' });
  }).join('\n');
};

async function until<T>(find: () => Promise<T | undefined>, timeoutMs = 120_000): Promise<T> {
  for (const endMs = Date.now() + timeoutMs; Date.now() < endMs;) {
    const found = await find();
    if (found !== undefined) return found;
    await sleep(50);
  }
  throw new Error(`expected it within ${timeoutMs} ms:\n${service.log.slice(-2000)}`);
}

describe('files through the official openai client', () => {
  it('are uploaded, listed, read and deleted', async () => {
    const file = await upload('{"text":"a","label":"b"}\n', 'Kleine Datei.jsonl');
    expect(file).toMatchObject({ object: 'file', purpose: 'fine-tune', bytes: 25, filename: 'Kleine Datei.jsonl' });
    expect(await client.files.retrieve(file.id)).toEqual(file);
    expect(await (await client.files.content(file.id)).text()).toBe('{"text":"a","label":"b"}\n');
    const second = await upload('x');
    const ids: string[] = [];
    for await (const { id } of client.files.list({ limit: 1, order: 'asc' })) ids.push(id);
    expect(ids).toEqual([file.id, second.id]);
    for (const id of ids) expect(await client.files.delete(id)).toMatchObject({ id, deleted: true });
    await expect(client.files.retrieve(file.id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  it('are refused without a purpose, with a wrong one, or with two files, and leave nothing', async () => {
    const key = await service.defaultKey;
    const form = (fields: [string, string | Blob][]): FormData => {
      const data = new FormData();
      for (const [name, value] of fields) data.append(name, value);
      return data;
    };
    const blob = new Blob(['x']);
    for (const fields of [
      [['file', blob]],
      [['purpose', 'fun'], ['file', blob]],
      [['purpose', 'fine-tune-results'], ['file', blob]],
      [['purpose', 'fine-tune']],
      [['purpose', 'fine-tune'], ['file', blob], ['file', blob]],
      [['purpose', 'fine-tune'], ['colour', 'red'], ['file', blob]],
    ] as [string, string | Blob][][]) {
      expect((await service.call(key, 'POST', '/v1/files', form(fields))).status).toBe(400);
    } // prettier-ignore
    expect((await client.files.list()).data).toEqual([]);
    expect(await readdir(join(service.dataDir, 'uploads'))).toEqual([]);
  });
});

describe('fine-tuning jobs through the official openai client', () => {
  it('refuse what no run can be made of, with the parameter', async () => {
    const { id } = await upload('{"text":"a","label":"b"}\n');
    for (const [body, param] of [
      [{ model: 'nobody' }, 'model'],
      [{ training_file: 'file-none' }, 'training_file'],
      [{ hyperparameters: { n_epochs: 0 } }, 'hyperparameters'],
      [{ hyperparameters: { colour: 1 } }, null],
      [{ adapter: { method: 'magic' } }, 'adapter'],
      [{ adapter: { method: 'lora', rank: 0 } }, 'adapter'],
      [{ dataset: { test_fraction: 2 } }, 'dataset'],
      [{ suffix: 'x'.repeat(65) }, 'suffix'],
      [{ metadata: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [i, ''])) }, 'metadata'],
    ] as const) {
      const failed = await create(id, body).catch((error: unknown) => error);
      expect(failed, JSON.stringify(body)).toBeInstanceOf(OpenAI.APIError);
      expect((failed as { status: number }).status).toBeLessThan(500);
      if (param !== null) expect(failed).toMatchObject({ param });
    }
    expect((await client.fineTuning.jobs.list()).data).toEqual([]);
  });

  it('fail with the faults of their data, in events that are listed and streamed', async () => {
    const { id: file } = await upload('{"text":"a","label":"x"}\nnot json\n');
    const { id } = await create(file, { metadata: { team: 'a' }, suffix: 'broken' });
    const response = await fetch(`${service.url}/v1/fine_tuning/jobs/${id}/events?stream=true`, {
      headers: { authorization: `Bearer ${await service.defaultKey}` },
    });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const streamed = (await response.text())
      .split('\n')
      .filter((line) => line.startsWith('data: '))
      .map((line) => line.slice(6));
    expect(streamed.pop()).toBe('[DONE]');
    const job = await client.fineTuning.jobs.retrieve(id);
    expect(job).toMatchObject({ status: 'failed', error: { code: 'invalid_training_file', param: 'training_file' } });
    const listed: unknown[] = [];
    for await (const event of client.fineTuning.jobs.listEvents(id, { limit: 1 })) listed.unshift(event);
    expect(streamed.map((line) => JSON.parse(line) as unknown)).toEqual(listed);
    expect(JSON.stringify(listed.at(-1))).toContain('"line":2');
    const found = await client.fineTuning.jobs.list({ metadata: { team: 'a' } });
    expect(found.data.map((one) => one.id)).toEqual([id]);
    await expect(client.fineTuning.jobs.cancel(id)).rejects.toBeInstanceOf(OpenAI.ConflictError);
  });

  it('never train on test rows of their adapter again when its data grow', async () => {
    const rows = many(400).split('\n');
    const validated = async (text: string): Promise<void> => {
      const { id: file } = await upload(text);
      const { id } = await create(file, { suffix: 'growing', dataset: { near_duplicates: 'keep' } });
      await until(async () => {
        const { data } = await client.fineTuning.jobs.listEvents(id, { limit: 100 });
        return data.find(({ message }) => message.startsWith('Files validated'));
      });
      await client.fineTuning.jobs.cancel(id).catch(() => undefined); // it may have ended by itself
    };
    const parts = async (part: string): Promise<string[][]> => {
      const objects = join(service.dataDir, 'objects');
      const names = (await readdir(objects, { recursive: true })).filter((name) => name.endsWith(`/${part}.jsonl`));
      const texts = await Promise.all(names.map((name) => readFile(join(objects, name), 'utf8')));
      const rowsOf = (text: string): string[] => text.split('\n').filter((line) => line.startsWith('{')); // a seal follows
      return texts.map(rowsOf).sort((a, b) => a.length - b.length);
    };
    await validated(rows.slice(0, 100).join('\n'));
    const [first = []] = await parts('test');
    await validated([...rows.slice(100), ...rows.slice(0, 100)].join('\n'));
    const [, grown = []] = await parts('test');
    const [, learned = []] = await parts('train');
    expect([first.length >= 8, grown.length > first.length]).toEqual([true, true]);
    expect(grown).toEqual(expect.arrayContaining(first));
    expect(learned.filter((row) => first.includes(row))).toEqual([]);
  });

  it('yield to serving, know no secret of the service, and end at once when they are cancelled', async () => {
    const { id: file } = await upload(many(20_000));
    const { id } = await create(file);
    const [pid] = await until(async () => {
      const found = await trainingChildren(service.process.pid);
      return found.length > 0 ? found : undefined;
    });
    const stat = (await readFile(`/proc/${pid!}/stat`, 'utf8')).split(') ')[1]!.split(' ');
    expect(Number(stat[16])).toBeGreaterThanOrEqual(10); // nice
    expect(await readFile(`/proc/${pid!}/environ`, 'utf8')).not.toContain(SECRET);
    expect(await client.fineTuning.jobs.cancel(id)).toMatchObject({ status: 'cancelled' });
    await until(async () => ((await isAlive(pid!)) ? undefined : true), 10_000);
    await until(async () => ((await readdir(join(service.dataDir, 'runs'))).length === 0 ? true : undefined));
    await client.files.delete(file);
  });

  it('go on after the service was killed in the middle, and leave no process behind', async () => {
    const { id: file } = await upload(many(20_000));
    const { id } = await create(file);
    const [pid] = await until(async () => {
      const found = await trainingChildren(service.process.pid);
      return found.length > 0 ? found : undefined;
    });
    service.process.kill('SIGKILL');
    await once(service.process, 'exit');
    await until(async () => ((await isAlive(pid!)) ? undefined : true), 30_000);
    service = await RunningService.start({ dataDir: service.dataDir });
    client = await connect();
    const events = await until(async () => {
      const { data } = await client.fineTuning.jobs.listEvents(id, { limit: 100 });
      return data.some(({ message }) => message.startsWith('Files validated')) ? data : undefined;
    });
    expect(events.filter(({ message }) => message.startsWith('Files validated'))).toHaveLength(1);
    await client.fineTuning.jobs.cancel(id).catch(() => undefined); // it may have ended by itself
    await until(async () => ((await readdir(join(service.dataDir, 'runs'))).length === 0 ? true : undefined));
  });
});

describe('a process for background jobs', () => {
  it('is refused where it would share nothing with the API', async () => {
    const alone = await RunningService.spawn({ env: { ROLE: 'worker' } });
    const [code] = await once(alone.process, 'exit');
    expect(code).toBe(1);
    expect(alone.log).toContain('ROLE: expected DATABASE_URL and S3_ENDPOINT');
  });

  it('of the API alone takes jobs and leaves them to others', async () => {
    const api = await RunningService.start({ env: { ROLE: 'api' } });
    try {
      const own = new OpenAI({ baseURL: `${api.url}/v1`, apiKey: await api.defaultKey, maxRetries: 0 });
      const file = await own.files.create({ purpose: 'fine-tune', file: await toFile(Buffer.from('{}'), 'a.jsonl') });
      const { id } = await own.fineTuning.jobs.create({ model: 'base', training_file: file.id });
      await sleep(7_000);
      expect(await own.fineTuning.jobs.retrieve(id)).toMatchObject({ status: 'validating_files' });
    } finally {
      await api.remove();
    }
  });
});
