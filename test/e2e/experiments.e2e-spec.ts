import { execFile } from 'node:child_process';
import { access, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Experiment } from '../../src/cli/experiments/experiment.js';
import type { runCellProcess } from '../../src/cli/experiments/learn/cell-process.js';
import type { TemporaryService } from '../../src/cli/experiments/temporary-service.js';
import { exampleDirectory } from '../support/adapter-form.js';
import { writeExperimentData } from '../support/experiment-data.js';

/** What a built module exports: experiments start processes of the build. */
async function built(module: string): Promise<Record<string, unknown>> {
  const { href } = new URL(`../../dist/cli/experiments/${module}.js`, import.meta.url);
  return (await import(/* @vite-ignore */ href)) as Record<string, unknown>;
}

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'tessera-experiments-'));
  await writeExperimentData(join(home, 'data'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

async function run(experiment: Experiment, more: Record<string, string>) {
  const defaults = Object.entries(experiment.options).map(([name, { default: value }]) => [name, value]);
  const notes: string[] = [];
  const given = { ...Object.fromEntries(defaults), data: join(home, 'data'), work: join(home, 'work'), ...more };
  return { notes, findings: await experiment.run(given, (note) => notes.push(note)) };
}

it('says how experiments are called', async () => {
  const main = fileURLToPath(new URL('../../dist/cli/experiments/main.js', import.meta.url));
  const called = (...args: string[]) => promisify(execFile)(process.execPath, [main, ...args]);
  for (const [args, said] of [
    [['learn'], '--data: expected the directory of the data sets, got none'],
    [['learn', '--data', home, '--dance'], "Unknown option '--dance'"],
  ] as const) {
    const usage = 'learn [--work DIR] [--only TASK/METHOD] [--budget-minutes N]';
    await expect(called(...args)).rejects.toMatchObject({
      ...{ code: 2, stderr: expect.stringMatching(new RegExp(`^experiments: ${said}`)) as string },
    });
    await expect(called(...args)).rejects.toThrow(usage);
  }
});

/** Of what trains many adapters, on a machine that may be busy. */
const TRAINING = { timeout: 900_000 };

describe('the learning experiment', TRAINING, () => {
  const only = 'clinc-banking/advisor,clinc-banking/hybrid,sst2/tapt+lora,wnut17/bitfit';

  it('trains each run in a process of its own, and asks the test rows of what came of it', async () => {
    const { learn } = (await built('learn')) as { learn: Experiment };
    const first = await run(learn, { only });
    const rows = first.findings.rows.filter(([, method]) => method !== 'majority class');
    expect(rows.map(([task, method]) => `${task}/${method}`).sort()).toEqual(only.split(','));
    for (const [, , score, start, runs, parameters, seconds, peak] of rows) {
      expect([Number(score) >= 0, Number(start) >= 0, runs]).toEqual([true, true, '1']);
      expect(Number(parameters)).toBeGreaterThan(0);
      expect(Number(seconds)).toBeGreaterThan(0);
      expect(parseFloat(peak!)).toBeGreaterThan(50);
    }
    // One word tells the intents: whoever learns at all has them right.
    const scores = rows.filter(([task]) => task === 'clinc-banking').map(([, , score]) => Number(score));
    expect(Math.max(...scores)).toBe(100);

    const again = await run(learn, { only });
    expect(again.findings.rows).toEqual(first.findings.rows);
    expect(again.notes.filter((note) => /^\S+\/0 /.test(note))).toEqual([]); // what is finished is not run again
  });

  it('fails with what a run said, and trains rates with the same cells', async () => {
    const cells = (await built('learn/cell-process')) as { runCellProcess: typeof runCellProcess };
    const request = { spec: { base: join(home, 'none') }, test: '', metric: '', directory: home, measuresStart: false };
    const failing = cells.runCellProcess(request as never);
    await expect(failing).rejects.toThrow(/^experiment: expected a result, got /);
    const { rates } = (await built('rates')) as { rates: Experiment };
    const { findings } = await run(rates, { only: 'bitfit' });
    expect(findings.rows).toEqual([['bitfit', ...Array<unknown>(3).fill(expect.stringMatching(/^[\d.e-]+: [\d.]+$/))]]);
  });
});

describe('the composing experiment', TRAINING, () => {
  it('trains a brick for each domain, and asks every composition the test rows of all', async () => {
    const { compose } = (await built('compose')) as { compose: Experiment };
    const { COMPOSE_ROWS } = (await built('compose/table')) as { COMPOSE_ROWS: readonly { name: string }[] };
    const first = await run(compose, { seeds: '1' });
    expect(first.findings.rows.map(([name]) => name)).toEqual(COMPOSE_ROWS.map(({ name }) => name));
    const score = (name: string): number => Number(first.findings.rows.find(([row]) => row === name)?.[1]);
    // One word tells the intents: the brick of a domain has all of its texts right.
    expect(score('right brick (oracle)')).toBe(100);
    expect(score('base')).toBeLessThanOrEqual(100);
    for (const [name, accuracy] of first.findings.rows) expect([name, Number(accuracy) >= 0]).toEqual([name, true]);

    const again = await run(compose, { seeds: '1' });
    expect(again.findings.rows).toEqual(first.findings.rows);
    expect(again.notes.filter((note) => /\/0 {2}/.test(note))).toEqual([]); // what is finished is not done again
  });
});

describe('experiments that ask a service', () => {
  it('compares an adapter with its card, row by row, through HTTP', async () => {
    const adapters = join(home, 'adapters');
    await cp(exampleDirectory('clinc-banking'), join(adapters, 'clinc-banking'), { recursive: true });
    const path = join(adapters, 'clinc-banking', 'card.json');
    const card = JSON.parse(await readFile(path, 'utf8')) as object;
    await writeFile(path, JSON.stringify({ ...card, test_rows: 20, test_accuracy: 0.5 }));
    const { accuracy } = (await built('accuracy')) as { accuracy: Experiment };
    const { findings } = await run(accuracy, { adapters });
    const [[name, rows, right, share, claimed, points, isWithin] = []] = findings.rows;
    expect([name, rows, claimed]).toEqual(['clinc-banking', '20', '0.5000']);
    expect(share).toBe((Number(right) / 20).toFixed(4));
    expect(Number(points)).toBeCloseTo(100 * (Number(share) - 0.5));
    expect([isWithin === 'yes', findings.isReached]).toEqual([Number(points) === 0, isWithin === 'yes']);
  });

  it('starts a service with tenants of its own, and leaves nothing when it is removed or does not start', async () => {
    const module = await built('temporary-service');
    const { TemporaryService: Service } = module as { TemporaryService: typeof TemporaryService };
    const service = await Service.start();
    const client = await service.newTenant('one');
    expect(await client.call('GET', '/v1/adapters')).toMatchObject({ data: [] });
    const { dataDir } = service as unknown as { dataDir: string };
    await access(dataDir);
    await service.remove();
    await expect(access(dataDir)).rejects.toThrow('ENOENT');
    await expect(client.call('GET', '/v1/adapters')).rejects.toMatchObject({ code: 'no_connection' });
    await expect(Service.start({ BASE_MODEL: join(home, 'none') })).rejects.toThrow('the service ended with 1');
  });
});
