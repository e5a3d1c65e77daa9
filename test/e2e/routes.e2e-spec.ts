import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GATE_PLACES } from '../../src/adapters/brick.js';
import { writeRouter } from '../../src/adapters/routing/router-files.js';
import { ROUTING_FILE, writeRouting, type RoutingFacts } from '../../src/adapters/routing/routing-file.js';
import { centroidOf } from '../../src/composition/routing/centroid.js';
import { adapterForm } from '../support/adapter-form.js';
import { randomSequenceHead } from '../support/random-base.js';
import { RunningService } from '../support/running-service.js';
import { SeededRandom } from '../support/seeded-random.js';

const CONFIG = new URL('../../models/tessera-tiny/config.json', import.meta.url);
const TEXTS = {
  bank: ['what is my account balance', 'transfer money between my accounts', 'how much money is in my savings'],
  travel: ['is it safe to travel to mexico', 'book a flight to london', 'what vaccines do i need for a trip'],
};
const BANK = 'what would my account balance be now';

let service: RunningService;
let owner: { id: string; key: string };
let friend: { id: string; key: string };
let config: { num_hidden_layers: number; hidden_size: number; intermediate_size: number };

const post = (path: string, body: unknown, key = owner.key) => service.call(key, 'POST', path, body);
const classify = (composition: string, more: object = {}, key = owner.key) =>
  post('/v1/classify', { model: 'base', input: BANK, top_k: 100, composition, ...more }, key);
const widths = (): { place: (typeof GATE_PLACES)[number]; width: number }[] =>
  GATE_PLACES.map((place) => ({ place, width: place === 'ffn_down' ? config.intermediate_size : config.hidden_size }));

/** Random vectors at every place, for so many experts. */
function gatesFor(experts: number, random: SeededRandom): NonNullable<RoutingFacts['gates']> {
  const size = experts * config.num_hidden_layers;
  return Object.fromEntries(widths().map(({ place, width }) => [place, random.floats(size * width, -0.1, 0.1)]));
}

async function upload(name: string, example: string, facts: RoutingFacts): Promise<void> {
  const form = await adapterForm(example, { name });
  form.append('files', new Blob([writeRouting(facts, config.num_hidden_layers)]), ROUTING_FILE);
  expect((await post('/v1/adapters', form)).status).toBe(201);
}

async function uploadRouter(name: string, experts: number) {
  const random = new SeededRandom(5);
  const head = randomSequenceHead(random, config.hidden_size, 2);
  const labels = { labels: ['no', 'yes'], problem: 'single' as const };
  const router = { law: 'mod_squad' as const, experts, gates: gatesFor(experts, random), head, labels };
  const form = new FormData();
  form.set('name', name);
  for (const [file, bytes] of writeRouter(router, config.num_hidden_layers))
    form.append('files', new Blob([new Uint8Array(bytes)]), file);
  return post('/v1/adapters', form);
}

async function centroid(texts: readonly string[]) {
  const { body } = await post('/v1/embeddings', { model: 'base', input: texts, encoding_format: 'float' });
  const data: { embedding: number[] }[] = body.data;
  return { vector: centroidOf(data.map(({ embedding }) => Float32Array.from(embedding))), floor: 0.1 };
}

beforeAll(async () => {
  config = JSON.parse(await readFile(CONFIG, 'utf8')) as typeof config;
  service = await RunningService.start();
  owner = await service.newTenant('owner');
  friend = await service.newTenant('friend');
  for (const name of ['bank', 'travel'] as const) {
    const gates = gatesFor(1, new SeededRandom(name.length));
    await upload(name, name === 'bank' ? 'clinc-banking' : 'clinc-travel', {
      ...{ gates, gatesFor: 'phatgoose', centroid: await centroid(TEXTS[name]) },
    });
  }
});
afterAll(() => service.remove());

interface Share {
  readonly name: string;
  readonly share: number;
}
const sharesOf = (body: { data: { shares: Share[] }[] }): Share[] => body.data[0]?.shares ?? [];
const sum = (shares: readonly Share[]): number => shares.reduce((total, { share }) => total + share, 0);

describe('routes', () => {
  it.each(['arrow', 'phatgoose', 'centroid'])('by %s share an input out among bricks, and say how', async (law) => {
    const { status, body } = await classify(`${law}(bank, travel; top_k=2)`);
    expect([law, status]).toEqual([law, 200]);
    const shares = sharesOf(body);
    expect(shares.map(({ name }) => name)).toEqual(['bank', 'travel', 'base']);
    expect(sum(shares)).toBeCloseTo(1, 3);
    expect(body.bricks).toMatchObject([
      { name: 'bank', route: 0 },
      { name: 'travel', route: 0 },
    ]);
    const again = await classify(`${law}(bank, travel; top_k=2)`);
    for (const [at, { share }] of sharesOf(again.body).entries()) expect(share).toBeCloseTo(shares[at]!.share, 4);
  });

  it('by centroid is the right brick alone where one is kept, and the base under the floor', async () => {
    const alone = (await classify('bank')).body.data[0].scores;
    const { body } = await classify('centroid(bank, travel; top_k=1, floor=auto)', { model: 'bank' });
    expect(sharesOf(body).map(({ share }) => share)).toEqual([1, 0, 0]);
    for (const [at, { label, score }] of body.data[0].scores.entries()) {
      expect(label).toBe(alone[at].label);
      expect(score).toBeCloseTo(alone[at].score, 4);
    }
    const none = await classify('centroid(bank, travel; floor=1)', { model: 'bank' });
    expect(sharesOf(none.body).map(({ share }) => share)).toEqual([0, 0, 1]);
    const inputs = { model: 'bank', input: [BANK, TEXTS.travel[0]] };
    const two = (await classify('centroid(bank, travel; top_k=1)', inputs)).body.data;
    expect(two.map(({ shares }: { shares: Share[] }) => shares.map(({ share }) => share))).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
  });

  it('stand beside other terms and each other, in one request and by name', async () => {
    const text = '0.5*bank + centroid(bank, travel; top_k=1) + arrow(bank, travel)';
    const made = await post('/v1/compositions', { name: 'routed', composition: text });
    expect(made.status).toBe(201);
    const { status, body } = await post('/v1/classify', { model: 'routed', input: BANK });
    expect(status).toBe(200);
    expect(sharesOf(body).map(({ name }) => name)).toEqual(['bank', 'travel', 'base', 'bank', 'travel', 'base']);
    expect((await post('/v1/embeddings', { model: 'routed', input: [BANK, BANK] })).status).toBe(200);
  });

  it('with a router are weighed and answered by it; it is a version as others are, and no model', async () => {
    const made = await uploadRouter('router', 2);
    expect([made.status, made.body.kind, made.body.method]).toEqual([201, 'router', 'mod_squad']);
    const { status, body } = await classify('mod_squad(bank, travel; router=router, top_k=1)');
    expect([status, body.data[0].num_classes]).toEqual([200, 2]);
    expect(sharesOf(body).map(({ name }) => name)).toEqual(['bank', 'travel', 'base']);
    const refused = await post('/v1/classify', { model: 'router', input: BANK });
    expect([refused.status, refused.body.error.param]).toEqual([400, 'model']);
    for (const text of ['mod_squad(bank; router=router)', 'bank + router', 'phatgoose(bank, travel; router=router)'])
      expect(await classify(text)).toMatchObject({ status: 400, body: { error: { code: 'invalid_composition' } } });
    const squad = { name: 'squad', composition: 'mod_squad(bank, travel; router=router)' };
    expect((await post('/v1/compositions', squad)).body.members).toHaveLength(3);
    const held = await service.call(owner.key, 'DELETE', '/v1/adapters/router');
    expect([held.status, held.body.error.code]).toEqual([409, 'version_in_use']);
    expect((await service.call(owner.key, 'DELETE', '/v1/compositions/squad')).status).toBe(200);
  });

  it('use a router of another tenant for as long as it is granted', async () => {
    for (const adapter of ['bank', 'travel']) await post('/v1/grants', { adapter, tenant: friend.id });
    const text = 'mod_squad(owner/bank, owner/travel; router=owner/router)';
    const missing = { status: 404, body: { error: { code: 'member_not_found', param: 'composition.router' } } };
    expect(await classify(text, {}, friend.key)).toMatchObject(missing);
    const grant = await post('/v1/grants', { adapter: 'router', tenant: friend.id });
    expect((await classify(text, {}, friend.key)).status).toBe(200);
    expect((await classify('arrow(owner/bank, owner/travel)', {}, friend.key)).status).toBe(200);
    expect((await service.call(owner.key, 'DELETE', `/v1/grants/${grant.body.id}`)).status).toBe(200);
    expect(await classify(text, {}, friend.key)).toMatchObject(missing);
  });

  it('are in the metrics, by law and by brick', async () => {
    const text = await (await fetch(`${service.url}/metrics`)).text();
    expect(text).toMatch(/tessera_route_abstained_share_count\{law="arrow"\} [1-9]/);
    expect(text).toMatch(new RegExp(`tessera_brick_shares_total\\{brick="${owner.id}/bank"\\} [0-9.]+`));
  });

  it('leave nothing of a deleted brick in the pool', async () => {
    expect((await service.call(owner.key, 'DELETE', '/v1/adapters/router')).status).toBe(200);
    const { body } = await service.call(await service.adminKey, 'GET', '/admin/residency');
    const ids: string[] = body.bricks.map(({ id }: { id: string }) => id);
    expect(ids.some((id) => id.endsWith('#arrow'))).toBe(true);
    expect(ids.some((id) => id.endsWith('#head') || /#\d+$/.test(id))).toBe(false);
  });
});
