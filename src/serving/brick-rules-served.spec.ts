import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { gateBrick } from '../../test/support/gate-brick.js';
import { randomBase } from '../../test/support/random-base.js';
import { BRICK_KINDS, randomBrick, type BrickKind } from '../../test/support/random-brick.js';
import { closeHosts, distance, tinyHost } from '../../test/support/tiny-host.js';
import type { Brick } from '../adapters/brick.js';
import { packBrick } from '../adapters/packed.js';
import { partsOf } from '../composition/brick-parts.js';
import { BRICK_RULES, type BrickUse } from '../composition/brick-rules.js';
import type { Member } from '../registry/compositions/members.service.js';
import type { PinnedRecipe } from '../registry/compositions/pin-recipe.js';
import { parseText } from '../composition/text.js';
import { membersOf } from '../composition/value.js';
import type { EngineHost } from '../runtime/engine-host.js';
import type { RowResult } from '../runtime/protocol.js';
import { BrickTraitsReader, type BrickTraits } from './brick-traits.js';
import type { BrickRef } from './brick-ref.js';
import { ComposedModels } from './composed-models.js';
import type { ServedBase } from './engine.module.js';
import { workOf } from './row-builder.js';
import { answersOf, refsOf, type ServedModel } from './served-model.js';
import { runSettled, unsettled } from './settle-routes.js';

/** What each place asks of `a`, the brick of some method; `b` is LoRA. */
const PLACES: Readonly<Record<string, readonly BrickUse[]>> = {
  'a': [], // prettier-ignore
  '0.5*a': ['weight'],
  '-1*a': ['negate', 'weight'],
  'a + b': ['sum'],
  'b - 0.5*a': ['sum', 'negate', 'weight'],
  'split(a[0:3])': ['split'],
  'split(a[0:3], b[3:])': ['split', 'sum'],
  'split(b[1:]) + 2*a': ['sum', 'weight'],
  'stack(a, b)': ['stack'],
  'stack(b, a)': ['stack'],
  'stack(0.5*a + b, b)': ['stack', 'sum', 'weight'],
  'stack(b, split(a[2:]))': ['stack', 'split'],
  'phatgoose(a, b)': ['route', 'sum'],
  '0.5*phatgoose(a, b; top_k=1) + b': ['route', 'sum', 'weight'],
  'split(phatgoose(b, a)[0:3])': ['route', 'split', 'sum'],
  'stack(b, phatgoose(a, b))': ['route', 'stack', 'sum'],
  'centroid(a, b)': ['weight', 'sum'],
  'stack(centroid(b, a), b)': ['weight', 'stack', 'sum'],
  'parallel(b, a)': [],
  'parallel(a + b, 0.5*a)': ['sum', 'weight'],
};

const base = randomBase();
const INPUT = { ids: Int32Array.of(3, 9, 4, 17, 5) };
const FILES = { objectKey: '', sha256: '', bytes: 1 };

/** Any method, with what routes weigh it by. */
function brickOf(kind: BrickKind, seed: number): Brick {
  const { gates } = gateBrick(base.sites, seed, { isStandardised: true });
  const vector = Float32Array.from({ length: base.sites.hidden }, (_, at) => (at === 0 ? 1 : 0));
  return {
    ...randomBrick(kind, base.sites, { seed }),
    ...{ gates: gates!, gatesFor: 'phatgoose', centroid: { vector, floor: -1 } },
  };
}

const BRICKS = new Map<string, Brick>(
  BRICK_KINDS.flatMap((kind): [string, Brick][] => [
    [kind, brickOf(kind, 3)],
    [`${kind}.b`, brickOf('lora', 5)],
  ]),
);

function memberOf(name: string): Member {
  const tokens = BRICKS.get(name)!;
  const details = {
    ...{ problem: 'single', head: 'sequence' },
    virtual_tokens: (tokens.prefix?.tokens ?? 0) + (tokens.prompt?.tokens ?? 0),
  };
  const summary = { method: 'any', task: 'sequence_classification', labels: ['x', 'y', 'z'], details };
  return { pinned: `${name}@1`, tenantId: 't', version: { name, digest: name, summary } } as unknown as Member;
}

function pinned(text: string, kind: string): PinnedRecipe {
  const composition = parseText(text);
  const members = membersOf(composition).map((name) => [name, memberOf(name === 'a' ? kind : `${kind}.b`)] as const);
  return { recipe: { composition }, members: new Map(members), through: [] };
}

const registry = {
  packed: (_tenant: string, { digest }: { digest: string }) => Promise.resolve({ ...FILES, objectKey: digest }),
  arrowGates: () => Promise.reject(new Error('arrow: expected no route by it')),
};
const traits = new BrickTraitsReader({
  fetch: ({ objectKey }: BrickRef) => Promise.resolve(Buffer.from(packBrick(BRICKS.get(objectKey)!))),
});
/** As if no rule refused anything. */
const lawless = {
  async require(ref: BrickRef): Promise<BrickTraits> {
    return { ...(await traits.require(ref)), parts: [] };
  },
};
const NAMED = { name: 'it', adapter: 'it', versions: [], held: [], at: 'composition' };
const composedBy = (read: Pick<BrickTraitsReader, 'require'>, text: string, kind: string): Promise<ServedModel> =>
  new ComposedModels(registry, read, base as unknown as ServedBase).compose(pinned(text, kind), NAMED);

let host: EngineHost;
beforeAll(async () => {
  host = await tinyHost(base);
});
afterAll(closeHosts);

/** The answers of all models in one batch, as serving makes them. */
async function served(models: readonly ServedModel[]): Promise<readonly RowResult[]> {
  for (const { id, objectKey } of models.flatMap(refsOf)) await host.load(id, BRICKS.get(objectKey)!);
  const asked = models.map((model) => {
    return { model, works: [workOf(unsettled(model), INPUT, { kind: 'embedding', pooling: 'mean' })] };
  });
  return runSettled(asked, async (works) => (await host.run(works.map(({ row }) => row))).rows);
}

/** Of the table: why a brick of this kind may not stand there. */
function reasonsOf(kind: BrickKind, uses: readonly BrickUse[]): string[] {
  const parts = partsOf(BRICKS.get(kind)!);
  return parts.flatMap((part) => uses.flatMap((use) => BRICK_RULES[part][use] ?? []));
}

describe.each(BRICK_KINDS)('%s', (kind) => {
  const places = Object.entries(PLACES);
  const allowed = places.filter(([, uses]) => reasonsOf(kind, uses).length === 0);
  const refused = places.filter(([, uses]) => reasonsOf(kind, uses).length > 0);

  it('is served at every place that the rules allow, and acts there', { timeout: 60_000 }, async () => {
    const models: { readonly text: string; readonly model: ServedModel }[] = [];
    for (const [text] of allowed)
      for (const model of answersOf(await composedBy(traits, text, kind))) models.push({ text, model });
    const [bare, lora, ...answers] = await served([
      { ...models[0]!.model, bricks: [], virtualTokens: 0 },
      await composedBy(traits, 'b', kind),
      ...models.map(({ model }) => model),
    ]);
    expect(models.map(({ text }) => text)).toEqual(expect.arrayContaining(['a', 'stack(a, b)', 'parallel(b, a)']));
    for (const [at, { text, model }] of models.entries()) {
      const { shape, data } = answers[at]!;
      expect([text, shape, data.every(Number.isFinite)]).toEqual([text, [base.sites.hidden], true]);
      const isWithoutIt = model.bricks.length === 1 && model.bricks[0]!.ref.id.endsWith('.b');
      expect([text, distance(data, (isWithoutIt ? lora : bare)!.data) > 1e-4]).toEqual([text, !isWithoutIt]);
    }
  });

  it.skipIf(refused.length === 0).each(refused)(
    'as %s is refused with its reason, before an engine that would refuse it too',
    async (text, uses) => {
      const refusal = composedBy(traits, text, kind);
      await expect(refusal).rejects.toMatchObject({ code: 'invalid_composition', param: 'composition' });
      const { message } = (await refusal.catch((error: unknown) => error)) as Error;
      expect(reasonsOf(kind, uses).some((reason) => message.includes(reason))).toBe(true);
      const forced = await composedBy(lawless, text, kind);
      await expect(
        (async () => {
          for (const model of answersOf(forced)) await served([model]);
        })(),
      ).rejects.toMatchObject({ code: 'invalid_value', message: expect.stringMatching(/^adapters: /) });
    },
  );
});

it('every rule is met by a kind of brick, but those of models of their own, which are never in a batch with others', () => {
  const parts = new Set(BRICK_KINDS.flatMap((kind) => partsOf(BRICKS.get(kind)!)));
  expect(Object.keys(BRICK_RULES).filter((part) => !parts.has(part as never))).toEqual(['whole_model']);
});
