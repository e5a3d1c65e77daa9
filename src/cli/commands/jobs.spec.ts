import { describe, expect, it } from 'vitest';
import { runCommand } from '../run-command.js';
import { endOfJob, JOB_COMMANDS } from './jobs.js';

const job = {
  ...{ id: 'ftjob-1', status: 'running', created_at: 1_700_000_000, model: 'base', fine_tuned_model: null },
  ...{ progress: { step: 29, total_steps: 100 }, metrics: null, error: null },
};

/** Runs `tessera jobs …` against a service that answers in turn. */
async function jobs(words: readonly string[], ...answers: object[]) {
  const asked: string[] = [];
  let [out, error] = ['', ''];
  const code = await runCommand(['jobs', ...words], JOB_COMMANDS, {
    out: (text) => void (out += text),
    error: (text) => void (error += text),
    env: { TESSERA_KEY: 'k', TESSERA_URL: 'http://service' },
    fetch: ((url: string, { method }: RequestInit) => {
      asked.push(`${method} ${url.replace('http://service/v1/fine_tuning/jobs', '')}`);
      return Promise.resolve(Response.json(answers.shift()));
    }) as typeof fetch,
  });
  return { code, out, error, asked };
}

describe('tessera jobs', () => {
  it('lists all pages, with the share of what can go on and the model of what is done', async () => {
    const done = { ...job, id: 'ftjob-3', status: 'succeeded', fine_tuned_model: 'bank@sha256:1' };
    const { out, asked, code } = await jobs(
      [],
      { data: [job, { ...job, id: 'ftjob-2', status: 'paused' }], has_more: true },
      { data: [done], has_more: false },
    );
    expect(out.split('\n').map((line) => line.trim())).toEqual([
      'ftjob-1  2023-11-14 22:13  running  29 %  (base)',
      'ftjob-2  2023-11-14 22:13  paused   29 %  (base)',
      'ftjob-3  2023-11-14 22:13  succeeded    bank@sha256:1',
      '',
    ]);
    expect([code, asked]).toEqual([0, ['GET ?limit=100', 'GET ?limit=100&after=ftjob-2']]);
  });

  it('says that there are none where no script reads it', async () => {
    expect(await jobs([], { data: [], has_more: false })).toMatchObject({
      ...{ code: 0, out: '', error: 'no jobs yet; tessera train FILE makes one\n' },
    });
  });

  it.each(['cancel', 'pause', 'resume'])('%s: asks for it, and prints what the job is now', async (action) => {
    const { out, asked, code } = await jobs([action, 'a/b'], { ...job, status: 'queued' });
    expect([code, out, asked]).toEqual([0, 'ftjob-1 queued\n', [`POST /a%2Fb/${action}`]]);
  });

  it('shows a job as JSON', async () => {
    expect(JSON.parse((await jobs(['show', 'ftjob-1'], job)).out)).toEqual(job);
  });

  it('needs the job that is meant', async () => {
    const { code, error, asked } = await jobs(['pause']);
    expect([code, asked]).toEqual([2, []]);
    expect(error).toMatch(/^tessera jobs pause: expected 1 argument, got 0\n/);
  });
});

it('endOfJob: the model alone on out, figures beside it, and a failure as the exit code', () => {
  let [out, error] = ['', ''];
  const surroundings = { out: (text: string) => void (out += text), error: (text: string) => void (error += text) };
  const metrics = { steps: 10, accuracy: 0.98765, name: 'x' };
  const done = { ...job, status: 'succeeded', fine_tuned_model: 'bank@sha256:1', metrics };
  expect([endOfJob(done, surroundings), out, error]).toEqual([
    0,
    'bank@sha256:1\n',
    '  accuracy  0.9877\n  steps         10\n',
  ]);
  expect(endOfJob({ ...job, status: 'failed' }, surroundings)).toBe(1);
  expect([out, error.endsWith('ftjob-1 failed\n')]).toEqual(['bank@sha256:1\n', true]);
});
