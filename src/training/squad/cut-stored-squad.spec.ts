import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeTinyModel } from '../../../test/support/tiny-model.js';
import type { AdapterFiles } from '../../adapters/files.js';
import { importAdapter } from '../../adapters/import.js';
import { ROUTER_WEIGHTS, writeRouter, type RouterArtefact } from '../../adapters/routing/router-files.js';
import type { CutOptions } from '../../adapters/routing/squad-cut.js';
import type { BaseModel } from '../../models/base-model.js';
import { directorySource } from '../../models/directory-source.js';
import { loadBaseModel } from '../../models/load.js';
import { cutSquadFiles } from './cut-squad-files.js';
import { cutStoredSquad, type CutTask, type StoredTask } from './cut-stored-squad.js';
import { expertFiles } from './expert-files.js';
import { extractSquad } from './extract-squad.js';
import { squadRouter } from './squad-router.js';
import type { Squad } from './squad.js';
import { trainSquad, type TrainedSquad } from './train-squad.js';

const TEXTS = ['the rain', 'market a', 'b rain and the', 'and'];
const EXPERTS = 5;
const TOP_K = 2;

let home = '';
let base: BaseModel;
let trained: TrainedSquad;
let stored: StoredTask;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'cut-squad-'));
  await writeTinyModel(join(home, 'base'), { modelType: 'bert', task: 'masked_lm' });
  base = await loadBaseModel(directorySource(join(home, 'base')));
  const train = (labels: string[]) => TEXTS.map((text, at) => ({ text, label: labels[at % labels.length]! }));
  trained = await trainSquad(
    {
      base: join(home, 'base'),
      tasks: [
        { name: 'one', train: train(['up', 'down']) },
        { name: 'two', train: train(['in', 'in', 'out', 'out']) },
      ],
      method: { experts: EXPERTS, topK: TOP_K, rank: 3, targets: ['query', 'ffn_down'], layers: [1] },
      spec: { maxSteps: 6, batchSize: 8, learningRate: 0.03 },
    },
    { directory: join(home, 'run'), onEvent: () => undefined, signal: new AbortController().signal },
  );
  stored = { router: routerOf(trained.squad), experts: expertsOf(trained.squad) };
}, 120_000);
afterAll(() => rm(home, { recursive: true }));

function artefactOf(squad: Squad): RouterArtefact {
  return squadRouter(squad, 'one', base, { tensors: trained.head, rows: trained.heads.get('one')! });
}

function routerOf(squad: Squad): AdapterFiles {
  return writeRouter(artefactOf(squad), base.sites.layers);
}

function expertsOf(squad: Squad): AdapterFiles[] {
  return Array.from({ length: squad.experts }, (_none, expert) => expertFiles(squad, expert, base));
}

const digestOf = (files: AdapterFiles): string => importAdapter(files, base).digest;
const cut = (options: CutOptions): CutTask => cutStoredSquad(stored, { topK: TOP_K, ...options }, base);

describe('a squad cut out of its stored files', () => {
  it.each<CutOptions>([{}, { by: 'layers', keep: 2 }, { by: 'layers', keep: 4 }, { threshold: 30 }, { keep: EXPERTS }])(
    'by layers is what is cut in memory: %o',
    (options) => {
      const { router, experts, report } = cut(options);
      const { squad, kept } = extractSquad(trained.squad, { task: 'one', ...options });
      expect(digestOf(router)).toBe(digestOf(routerOf(squad)));
      expect(experts.map(digestOf)).toEqual(expertsOf(squad).map(digestOf));
      expect(report).toMatchObject({ before: EXPERTS, after: squad.experts });
      expect(report.places.map(({ place, kept: own }) => [place, own])).toEqual([...kept]);
      for (const { usage } of report.places) expect(usage.reduce((a, b) => a + b)).toBeCloseTo(100, 0);
    },
  );

  it.each<CutOptions>([{ keep: 3 }, { threshold: 50 }])('by experts keeps some of them as they are: %o', (options) => {
    const { router, experts, report } = cut({ by: 'experts', ...options });
    const { squad, kept } = extractSquad(trained.squad, { task: 'one', by: 'experts', ...options });
    expect(digestOf(router)).toBe(digestOf(routerOf(squad)));
    expect(experts).toEqual([]);
    expect(report.places).toMatchObject([{ place: null, kept: [...kept.values()][0] }]);
    const old = report.places[0]!.kept.map((expert) => digestOf(stored.experts[expert]!));
    expect(old).toEqual(expertsOf(squad).map(digestOf));
  });

  it('is cut out of directories, into directories', async () => {
    const into = join(home, 'cut');
    const of = (folder: string) => join(trained.files, folder);
    const directories = {
      router: of('routers/one'),
      experts: Array.from({ length: EXPERTS }, (_none, at) => of(`experts/e0${at}`)),
    };
    const report = await cutSquadFiles({ ...directories, into, options: { topK: TOP_K, keep: 2 } }, base);
    expect(report).toEqual(cut({ keep: 2 }).report);
    expect(await readFile(join(into, 'router', ROUTER_WEIGHTS))).toEqual(
      Buffer.from(cut({ keep: 2 }).router.get(ROUTER_WEIGHTS)!),
    );
    expect((await readFile(join(into, 'experts/1/adapter_model.safetensors'))).byteLength).toBeGreaterThan(100);
  });

  const refusals: readonly [string, () => Promise<unknown> | unknown, string][] = [
    ['fewer than a token goes to', () => cut({ keep: 1 }), 'keep: expected an integer from 2 to 5, got 1'],
    ['more than there are', () => cut({ keep: 6 }), 'keep: expected an integer from 2 to 5, got 6'],
    ['a threshold that is none', () => cut({ threshold: NaN }), 'threshold: expected a number from 0, got NaN'],
    [
      'a router that knows no usage',
      () => {
        const router = writeRouter({ ...artefactOf(trained.squad), usage: {} }, base.sites.layers);
        return cutStoredSquad({ ...stored, router }, { topK: TOP_K }, base);
      },
      'expected one that says how its task used each expert',
    ],
    [
      'experts of several kinds',
      () => {
        const other = expertFiles({ ...trained.squad, alpha: 99 }, 0, base);
        return cutStoredSquad({ ...stored, experts: [other, ...stored.experts.slice(1)] }, { topK: TOP_K }, base);
      },
      'expected experts of one configuration each',
    ],
    [
      'experts that adapt more than is routed',
      () => {
        const { gates, usage, ...rest } = artefactOf(trained.squad);
        const router = { ...rest, gates: { query: gates.query! }, usage: { query: usage!.query! } };
        return cutStoredSquad({ ...stored, router: writeRouter(router, base.sites.layers) }, { topK: TOP_K }, base);
      },
      'expected experts with low-rank factors of the places that are routed',
    ],
    [
      'experts with more than factors',
      () => {
        const more = stored.experts.map((files) => new Map([...files, ['routing.safetensors', new Uint8Array()]]));
        return cutStoredSquad({ ...stored, experts: more }, { topK: TOP_K }, base);
      },
      'got routing.safetensors: cut it by experts',
    ],
  ];
  it.each(refusals)('refuses %s', (_what, make, message) => {
    expect(make).toThrow(message);
  });
});
