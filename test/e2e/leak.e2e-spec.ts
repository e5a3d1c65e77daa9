import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AnswerOracle, type Question } from '../support/answer-oracle.js';
import { BusyTenant, type ImportedVersion } from '../support/busy-tenant.js';
import { difference } from '../support/readings.js';
import { RunningService } from '../support/running-service.js';
import { SeededRandom } from '../support/seeded-random.js';
import { runClient, Tally, type Target } from '../support/tenant-traffic.js';

const ANSWERS = 21_000;
const TOLERANCE = 1e-4;
/** Least difference that a wrong adapter makes to a score, on every input. */
const APART = 0.05;
const CLIENTS = 8;
const MAX_INPUTS = 48;
const POOL_BYTES = 2 * 2 ** 20;
const HOST_CACHE_BYTES = 2 ** 20;

let service: RunningService;
let oracle: AnswerOracle;
let tenants: BusyTenant[];
beforeAll(async () => {
  const env = { POOL_BYTES: `${POOL_BYTES}`, HOST_CACHE_BYTES: `${HOST_CACHE_BYTES}`, DEFAULT_TENANT: 'false' };
  service = await RunningService.start({ env: { ...env, LOG_LEVEL: 'warn' } });
  oracle = new AnswerOracle(service);
  tenants = [await BusyTenant.create(service, 'one', 100), await BusyTenant.create(service, 'two', 200)];
});
afterAll(() => service.remove());

const WORDS = (
  'card balance flight travel hotel money lost bank pin open close today never what how is the my to a for please ' +
  'account night sea whale captain paid bill old house morning letter very strange transfer visa road winter'
).split(' ');
const MASKED = ['the [MASK] of the sea', 'he [MASK] the old [MASK]', '[MASK]'];

/** Texts of 1 to 40 words, short ones more often. */
function makeTexts(count: number): string[] {
  const random = new SeededRandom(5);
  return Array.from({ length: count }, () => {
    const length = Math.ceil(40 ** random.next());
    return Array.from({ length }, () => WORDS[random.integer(0, WORDS.length)]).join(' ');
  });
}

const exact = ({ name, digest }: ImportedVersion): string => `${name}@${digest}`;

/**
 * The inputs on which every two versions with equally many labels differ by more than `APART`, compared by the place of a
 * label, whatever it is called: that is what the numbers of a wrong adapter would show.
 */
async function learnTellingTexts(): Promise<{ texts: string[]; apart: number; pairs: number }> {
  const candidates = makeTexts(64);
  const classifiers = new Map<string, ImportedVersion>();
  for (const { key, versions } of tenants) {
    for (const version of versions.filter(({ isTagger }) => !isTagger)) {
      classifiers.set(version.digest, version);
      await oracle.learn(key, exact(version), version.digest, { operation: 'classify', texts: candidates });
    }
  }
  const all = [...classifiers.values()];
  const pairs = all.flatMap((a, at) =>
    all.slice(at + 1).flatMap((b) => (a.labels === b.labels ? [[a, b] as const] : [])),
  );
  const numbers = ({ digest }: ImportedVersion, text: string) => {
    return { text: '', scores: oracle.require(digest, 'classify', text).scores };
  };
  const apartOn = (text: string): number =>
    Math.min(...pairs.map(([a, b]) => difference(numbers(a, text), numbers(b, text))));
  const texts = candidates.filter((text) => apartOn(text) > APART);
  return { texts, apart: Math.min(...texts.map(apartOn)), pairs: pairs.length };
}

/** Everything that a tenant's clients ask, by every way to name it; its answers are known afterwards. */
async function learnTargets(tenant: BusyTenant, texts: readonly string[]): Promise<Target[]> {
  const embed: Question = { operation: 'embeddings', texts: texts.slice(0, 4) };
  const questionsTo = ({ isTagger }: ImportedVersion): Question[] => [
    { operation: isTagger ? 'token_classify' : 'classify', texts },
    embed,
  ];
  for (const version of tenant.versions) {
    for (const question of questionsTo(version))
      await oracle.learn(tenant.key, exact(version), version.digest, question);
  }
  const ofBase: Question[] = [embed, { operation: 'fill_mask', texts: MASKED }];
  const { headers } = await service.call(tenant.key, 'POST', '/v1/embeddings', { model: 'base', input: 'a' });
  const base = headers.get('x-tessera-version') ?? '';
  for (const question of ofBase) await oracle.learn(tenant.key, 'base', base, question);
  const { production, canary } = tenant.aliases;
  const ofBank = questionsTo(tenant.banks[0]!);
  return [
    { model: 'base', version: base, questions: ofBase },
    ...tenant.settled.map((version) => ({
      model: version.name,
      version: version.digest,
      questions: questionsTo(version),
    })),
    { model: 'bank', version: production, questions: ofBank },
    { model: 'bank@production', version: production, questions: ofBank },
    { model: 'bank@canary', version: canary, questions: ofBank },
    ...tenant.banks.map((bank) => ({ model: exact(bank), version: bank.digest, questions: ofBank })),
    ...tenant.guests.map((guest) => ({
      model: exact(guest),
      version: guest.digest,
      questions: questionsTo(guest),
      comesAndGoes: true,
    })),
  ];
}

/** A counter of /metrics by tier. */
async function counter(name: string, tier: string): Promise<number> {
  const { body } = await service.call('', 'GET', '/metrics');
  return Number(new RegExp(`^tessera_${name}\\{tier="${tier}"\\} (\\d+)$`, 'm').exec(String(body))?.[1] ?? 0);
}

describe('answers under swaps and evictions', () => {
  it('each is that of the same request alone, whoever shares its batch', { timeout: 900_000 }, async () => {
    const { texts, apart, pairs } = await learnTellingTexts();
    expect(texts.length).toBeGreaterThan(20);
    expect(apart).toBeGreaterThan(APART);
    const targets = [await learnTargets(tenants[0]!, texts), await learnTargets(tenants[1]!, texts)];
    const bytes = tenants.flatMap(({ versions }) => versions).reduce((sum, version) => sum + version.bytes, 0);
    expect(bytes).toBeGreaterThan(4 * POOL_BYTES);

    const tally = new Tally();
    const options = { service, oracle, tally, tolerance: TOLERANCE, maxInputs: MAX_INPUTS };
    const isDone = (): boolean => tally.answers >= ANSWERS || tally.faults.length >= 20;
    const [loadsBefore, evictionsBefore] = [
      await counter('residency_loads_total', 'pool'),
      await counter('residency_evictions_total', 'pool'),
    ];
    const startMs = performance.now();
    await Promise.all(
      tenants.flatMap((tenant, at) => [
        tenant.keepChanging(new SeededRandom(at), isDone),
        ...Array.from({ length: CLIENTS }, (_none, client) =>
          runClient(
            options,
            { key: tenant.key, targets: targets[at]!, random: new SeededRandom(100 * at + client + 7) },
            isDone,
          ),
        ),
      ]),
    );
    const seconds = (performance.now() - startMs) / 1000;
    const loads = (await counter('residency_loads_total', 'pool')) - loadsBefore;
    const evictions = (await counter('residency_evictions_total', 'pool')) - evictionsBefore;
    const hostEvictions = await counter('residency_evictions_total', 'host');
    const { faults, ...counts } = tally;
    const changes = tenants.map((tenant) => tenant.changes);
    const found = { ...counts, seconds: Math.round(seconds), loads, evictions, hostEvictions, changes };
    console.log(
      JSON.stringify({
        versions: tenants.map(({ versions }) => versions.length),
        bytes,
        texts: texts.length,
        apart,
        pairs,
        known: oracle.size,
        ...found,
      }),
    );

    expect(faults).toEqual([]);
    expect(tenants.flatMap((tenant) => tenant.faults)).toEqual([]);
    expect(tally.answers).toBeGreaterThanOrEqual(20_000);
    expect(loads).toBeGreaterThan(300);
    expect(evictions).toBeGreaterThan(300);
    expect(hostEvictions).toBeGreaterThan(100);
    for (const { moves, imports, deletions } of changes) {
      expect(moves).toBeGreaterThan(100);
      expect(Math.min(imports, deletions)).toBeGreaterThan(5);
    }
    expect(counts.overloaded).toBeLessThan(tally.requests / 20);
  });
});
