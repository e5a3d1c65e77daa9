import { describe, expect, it } from 'vitest';
import { fakeBrick } from '../../test/support/fake-runtime.js';
import { fusionBrick } from '../../test/support/fusion-brick.js';
import { randomBase } from '../../test/support/random-base.js';
import { randomBrick } from '../../test/support/random-brick.js';
import type { Brick } from '../adapters/brick.js';
import { packBrick } from '../adapters/packed.js';
import { parseText } from '../composition/text.js';
import type { Recipe } from '../composition/value.js';
import { NotFoundError } from '../common/errors.js';
import type { BaseModel } from '../models/base-model.js';
import type { AdapterSummary, ModelRef } from '../registry/adapter-version.js';
import type { CompositionsService } from '../registry/compositions/compositions.service.js';
import type { Member, MemberPlace } from '../registry/compositions/members.service.js';
import { pinRecipe } from '../registry/compositions/pin-recipe.js';
import type { RegistryService } from '../registry/registry.service.js';
import { BrickTraitsReader } from './brick-traits.js';
import { ComposedModels } from './composed-models.js';
import { answersOf, refsOf } from './served-model.js';
import { RegistryCatalog } from './registry-catalog.service.js';

const DIGEST = `sha256:${'ab'.repeat(32)}` as const;
const base = {
  digest: 'sha256:00',
  heads: { maskedLm: {} },
  labels: { labels: ['base-no', 'base-yes'], problem: 'single' },
} as unknown as BaseModel;

interface Known {
  readonly [name: string]: Partial<AdapterSummary> & { details: AdapterSummary['details'] };
}

/** @param brick  of every member; `of` of one, by its digest */
function catalogOf(known: Known, brick: Partial<Brick> = {}, of: Record<string, Partial<Brick>> = {}): RegistryCatalog {
  const versions = Object.entries(known).map(([name, summary], i) => ({
    adapterId: name,
    name,
    digest: `sha256:${digestOf(i)}` as const,
    importId: 'i',
    bytes: 1,
    summary: { method: 'lora', task: 'sequence_classification', labels: ['x', 'y'], ...summary },
    createdAt: new Date(),
  }));
  const find = (name: string) => versions.find((version) => name.split('@')[0] === version.name);
  const resolve = async (_tenant: string, model: string): Promise<ModelRef> => {
    if (model === 'base') return { kind: 'base' };
    const version = find(model);
    if (!version) throw new NotFoundError('no', { code: 'model_not_found' });
    return { kind: 'adapter', version, alias: 'production' };
  };
  const packed = async () => ({ objectKey: 'key', sha256: 'ff', bytes: 7 });
  const derived = async () => ({ objectKey: 'arrow-key', sha256: 'ee', bytes: 5 });
  const registry = { resolve, packed, arrowGates: derived } as unknown as RegistryService;
  const require = async (places: readonly MemberPlace[]): Promise<Member[]> =>
    places.map(({ member }) => {
      const version = find(member)!;
      return { pinned: `${version.name}@${version.digest}`, tenantId: 't', version };
    });
  const compositions = {
    pin: (_tenant: string, recipe: Recipe, at: string) => pinRecipe(recipe, at, require),
  } as unknown as CompositionsService;
  const own = ({ id }: { id: string }): Partial<Brick> =>
    of[versions.find(({ digest }) => id.endsWith(digest.slice(7)))?.name ?? ''] ?? {};
  const traits = new BrickTraitsReader({ fetch: async (ref) => packBrick({ ...fakeBrick(), ...brick, ...own(ref) }) });
  return new RegistryCatalog(registry, compositions, new ComposedModels(registry, traits, base), base);
}

const digestOf = (i: number): string => ['ab', 'cd', 'ef'][i]!.repeat(32);
const catalog = (mine: Known[string]): RegistryCatalog => catalogOf({ mine });

const details = { problem: 'multi', head: 'sequence', virtual_tokens: 0 };

describe('RegistryCatalog', () => {
  it('gives the bare base its own digest, heads and labels', async () => {
    expect(await catalog({ details }).resolve('t', 'base')).toMatchObject({
      versions: ['sha256:00'],
      held: [],
      bricks: [],
      heads: ['base'],
      tasks: ['masked_lm', 'embedding'],
      labels: base.labels,
    });
  });

  it('pins the version a name means now, under an id of its tenant', async () => {
    const id = `t.${'ab'.repeat(32)}`;
    expect(await catalog({ details }).resolve('t', 'mine')).toEqual({
      name: 'mine',
      adapter: 'mine',
      versions: [DIGEST],
      held: [{ tenantId: 't', digest: DIGEST }],
      bricks: [{ ref: { id, objectKey: 'key', sha256: 'ff', bytes: 7 }, weight: 1 }],
      heads: [id],
      tasks: ['sequence_classification', 'embedding'],
      labels: { labels: ['x', 'y'], problem: 'multi' },
      virtualTokens: 0,
    });
  });

  it('answers with the base’s heads and labels where the adapter brings none', async () => {
    const bare = { labels: null, details: { problem: null, head: null, virtual_tokens: 5 } };
    const model = await catalog(bare).resolve('t', 'mine');
    expect(model).toMatchObject({ tasks: ['masked_lm', 'embedding'], labels: base.labels, virtualTokens: 5 });
  });

  it('answers by what a version has that is a model of its own, and by nothing of the base', async () => {
    const tasks = ['masked_lm', 'embedding'];
    const whole = { kind: 'base' as const, labels: null, details: { ...details, problem: null, head: null, tasks } };
    const model = await catalog(whole).resolve('t', 'mine');
    expect(model).toMatchObject({ tasks, labels: undefined, bricks: [{ ref: { isModel: true }, weight: 1 }] });
  });

  it('does not know what the registry does not know', async () => {
    await expect(catalog({ details }).resolve('t', 'theirs')).rejects.toMatchObject({ code: 'model_not_found' });
  });
});

describe('a composition', () => {
  const own = (labels: readonly string[]): Known[string] => ({ labels, details: { ...details, problem: 'single' } });
  const bare: Known[string] = { labels: null, task: null, details: { problem: null, head: null, virtual_tokens: 0 } };
  const inline = (text: string, rest: Omit<Recipe, 'composition'> = {}) => {
    return { recipe: { composition: parseText(text), ...rest }, at: 'composition' };
  };
  const ids = ['ab', 'cd', 'ef'].map((two) => `t.${two.repeat(32)}`);
  const ask = (known: Known, text: string, model = 'base', rest: Omit<Recipe, 'composition'> = {}) =>
    catalogOf(known).resolve('t', model, inline(text, rest));

  it('becomes weighted terms, each version held, with the labels of all heads', async () => {
    const model = await ask({ a: own(['x', 'y']), b: own(['z']) }, 'a + 0.5*b');
    expect(model).toMatchObject({
      versions: [DIGEST, `sha256:${digestOf(1)}`],
      held: [{ digest: DIGEST }, { digest: `sha256:${digestOf(1)}` }],
      bricks: [
        { ref: { id: ids[0] }, weight: 1 },
        { ref: { id: ids[1] }, weight: 0.5 },
      ],
      named: [
        { name: 'a', weight: 1 },
        { name: 'b', weight: 0.5 },
      ],
      heads: [ids[0], ids[1]],
      labels: { labels: ['x', 'y', 'z'], problem: 'single' },
      join: { columns: [[0], [1], [2]] },
      tasks: ['sequence_classification', 'embedding'],
    });
  });

  it('answers with the head of the model that is asked, which then is resident beside it', async () => {
    const model = await ask({ a: own(['x']), b: own(['z']), c: own(['w', 'v']) }, 'a + b', 'c');
    expect(model).toMatchObject({
      ...{ name: 'c', heads: [ids[2]], besides: [{ id: ids[2] }] },
      labels: { labels: ['w', 'v'] },
    });
    expect(model.bricks).toHaveLength(2);
    expect(refsOf(model).map(({ id }) => id)).toEqual(ids);
  });

  it('is the base where all is taken away, and embeds without any head', async () => {
    const model = await ask({ a: bare }, 'a - a');
    expect(model).toMatchObject({ bricks: [], heads: ['base'], tasks: ['masked_lm', 'embedding'] });
  });

  it('in parallel is several models', async () => {
    const model = await ask({ a: own(['x']), b: own(['z']) }, 'parallel(a, b)');
    expect(model.alternatives).toMatchObject([{ labels: { labels: ['x'] } }, { labels: { labels: ['z'] } }]);
    expect(answersOf(await ask({ a: own(['x']) }, 'a'))).toHaveLength(1);
  });

  it('counts the virtual tokens of all its bricks', async () => {
    const prompted: Known[string] = { ...bare, details: { ...bare.details, virtual_tokens: 5 } };
    expect((await ask({ a: bare, b: prompted }, 'a + b')).virtualTokens).toBe(5);
  });

  it('is refused for bricks that cannot take part, heads of two tasks, and routes without gates', async () => {
    const scaled = { vectors: { query: { inputScale: new Float32Array(4) } } };
    const refused = { code: 'invalid_composition', param: 'composition' };
    await expect(catalogOf({ a: bare }, scaled).resolve('t', 'base', inline('0.5*a'))).rejects.toMatchObject(refused);
    const token: Known[string] = { ...own(['z']), task: 'token_classification' };
    await expect(ask({ a: own(['x']), b: token }, 'a + b')).rejects.toThrow('expected heads of one task');
    for (const text of ['mod_squad(a, b)', 'phatgoose(a, b)', 'centroid(a, b)']) {
      await expect(ask({ a: bare, b: bare }, text)).rejects.toMatchObject(refused);
    }
  });

  it('may stack bricks and split them by tokens', async () => {
    const { bricks } = await ask({ a: bare, b: bare }, 'stack(a, b)');
    expect(bricks.map(({ level }) => level)).toEqual([undefined, 1]);
    const split = await ask({ a: bare, b: bare }, 'split(a[0:4], b[4:])');
    expect(split.bricks.map(({ tokens }) => tokens)).toEqual([{ from: 0, to: 4 }, { from: 4 }]);
  });
});

describe('a route', () => {
  const bare: Known[string] = { labels: null, task: null, details: { problem: null, head: null, virtual_tokens: 0 } };
  const headed = (labels: readonly string[]): Known[string] => ({ labels, details: { ...details, problem: 'single' } });
  const router = (experts: number): Known[string] => {
    return { ...headed(['r', 's']), kind: 'router', details: { ...details, problem: 'single', experts } };
  };
  const known = { a: bare, b: headed(['x']), r: router(2) };
  const gates = { query: new Float32Array(4) };
  const routed = { query: new Float32Array(8) };
  const bricks = { r: { lowRank: {}, gates: routed, gatesFor: 'mod_squad', experts: 2 } } as const;
  const ask = (text: string, of: Record<string, Partial<Brick>> = bricks, rest: Omit<Recipe, 'composition'> = {}) =>
    catalogOf(known, {}, of).resolve('t', 'base', {
      recipe: { composition: parseText(text), ...rest },
      at: 'composition',
    });
  const [a, b, r] = [0, 1, 2].map((i) => `t.${digestOf(i)}`);

  it('by Arrow has prototypes beside each brick', async () => {
    const model = await ask('arrow(a, b; top_k=1, floor=0.5)');
    expect(model.routes).toMatchObject([
      {
        law: 'arrow',
        topK: 1,
        temperature: 1,
        floor: 0.5,
        gates: [{ id: `${a}#arrow` }, { id: `${b}#arrow`, objectKey: 'arrow-key' }],
      },
    ]);
    expect(refsOf(model)).toHaveLength(4);
    const biased = { vectors: { key: { bias: new Float32Array(4) } } };
    await expect(ask('arrow(a, b)', { a: biased })).rejects.toThrow('expected a gate vector at key, got none');
  });

  it('with a router is weighed and answered by it', async () => {
    const model = await ask('mod_squad(a, b; router=r)');
    expect(model).toMatchObject({
      heads: [`${r}#head`],
      labels: { labels: ['r', 's'] },
      besides: [{ id: `${r}#head`, file: r, part: 'head' }],
      routes: [
        {
          law: 'mod_squad',
          gates: [
            { id: `${r}#0`, file: r, part: 0 },
            { id: `${r}#1`, part: 1 },
          ],
        },
      ],
      versions: [0, 1, 2].map((i) => `sha256:${digestOf(i)}`),
    });
    expect(model.named?.map(({ name }) => name)).toEqual(['a', 'b']);
    expect((await ask('mod_squad(a, b; router=r)', bricks, { head: { member: 'b' } })).labels?.labels).toEqual(['x']);
  });

  it.each([
    ['mod_squad(a; router=r)', 'expected the 2 bricks that r@'],
    ['phatgoose(a, b; router=r)', 'expected one for phatgoose'],
    ['mod_squad(a, b; router=b)', 'expected a router, got b@'],
    ['mod_squad(a, r; router=r)', 'a router: name it in a route'],
    ['a + r', 'a router: name it in a route'],
    ['mod_squad(a, b)', 'expected gates that were fitted for mod_squad, got none'],
    ['centroid(a, b)', 'expected a centroid of its texts, got none'],
  ])('%s is refused with the reason', async (text, message) => {
    await expect(ask(text)).rejects.toThrow(message);
    await expect(ask(text)).rejects.toMatchObject({ code: 'invalid_composition', param: 'composition' });
  });

  it('by what members bring takes gates of its own law only', async () => {
    const own = { gates, gatesFor: 'phatgoose' } as const;
    const { routes } = await ask('phatgoose(a, b)', { a: own, b: own });
    expect(routes).toMatchObject([{ gates: [{ id: a }, { id: b }] }]);
    await expect(ask('mod_squad(a, b)', { a: own, b: own })).rejects.toThrow('got phatgoose');
    const elsewhere = { gates: { value: gates.query }, gatesFor: 'phatgoose' } as const;
    await expect(ask('phatgoose(a, b)', { a: own, b: elsewhere })).rejects.toThrow('a gate vector at query');
  });

  it('by centroid has the least of the members’ floors where it asks for its own', async () => {
    const at = (floor: number) => ({ centroid: { vector: Float32Array.of(1, 0, 0, 0), floor } });
    const of = { a: at(0.5), b: at(0.25) };
    expect((await ask('centroid(a, b; floor=auto)', of)).routes).toMatchObject([{ law: 'centroid', floor: 0.25 }]);
    expect((await ask('centroid(a, b)', of)).routes?.[0]).not.toHaveProperty('floor');
  });

  describe('by AdapterFusion', () => {
    const { sites } = randomBase();
    const units = (input: 'normed' | 'output') => {
      const { lowRank, bottlenecks } = randomBrick(`bottleneck_${input}`, sites, { seed: 1 });
      return { lowRank, bottlenecks };
    };
    const fusion = (...slots: ('attention' | 'ffn')[]) => {
      return { lowRank: {}, fusion: fusionBrick(sites, 2, { slots }).fusion!, experts: 2 };
    };
    const fitting = { a: units('normed'), b: units('normed'), r: fusion('attention', 'ffn') };

    it('has the matrices and the head of one brick', async () => {
      const model = await ask('adapter_fusion(a, b; router=r)', fitting);
      expect(model).toMatchObject({
        heads: [r],
        labels: { labels: ['r', 's'] },
        routes: [{ law: 'adapter_fusion', fusion: { id: r } }],
        versions: [0, 1, 2].map((i) => `sha256:${digestOf(i)}`),
      });
      expect(refsOf(model).map(({ id }) => id)).toEqual([a, b, r]);
    });

    it.each<[string, string, Record<string, Partial<Brick>>]>([
      ['adapter_fusion(a; router=r)', 'expected the 2 bricks that r@', {}],
      ['adapter_fusion(a, b; router=r)', 'expected one for adapter_fusion, got r@', { r: bricks.r }],
      ['mod_squad(a, b; router=r)', 'expected one for mod_squad, got r@', {}],
      ['adapter_fusion(a, b; router=b)', 'which has no matrices', {}],
      ['adapter_fusion(a, r; router=r)', 'a router: name it in a route', {}],
      ['adapter_fusion(a, b; router=r)', 'b@', { b: { bottlenecks: [], gates } }],
      ['adapter_fusion(a, b; router=r)', 'attention (normed) and ffn (normed), got b@', { b: units('output') }],
      ['adapter_fusion(a, b; router=r)', 'matrices for attention blocks, where a@', { r: fusion('ffn') }],
      ['adapter_fusion(a, b; router=r)', 'b@sha256', { b: { ...units('normed'), lowRank: fakeBrick().lowRank } }],
    ])('%s is refused with the reason: %s', async (text, message, over) => {
      const all = { ...fitting, ...over };
      await expect(ask(text, all)).rejects.toThrow(message);
      await expect(ask(text, all)).rejects.toMatchObject({ code: 'invalid_composition', param: 'composition' });
    });
  });

  it('does not let a router answer alone', async () => {
    await expect(catalogOf(known).resolve('t', 'r')).rejects.toThrow('expected one that answers, got r, a router');
  });
});
