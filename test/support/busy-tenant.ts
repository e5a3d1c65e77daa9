import { fromDirectory, type AdapterFiles } from '../../src/adapters/files.js';
import { exampleDirectory } from './adapter-form.js';
import { AliasHistory } from './alias-history.js';
import { formOf, generateAdapter, GENERATED_KINDS } from './generated-adapters.js';
import type { RunningService } from './running-service.js';
import type { SeededRandom } from './seeded-random.js';

export interface ImportedVersion {
  readonly name: string;
  readonly digest: string;
  readonly isTagger: boolean;
  readonly labels: number;
  readonly bytes: number;
}

/** A version that is imported and deleted again and again. */
interface Guest extends ImportedVersion {
  readonly files: AdapterFiles;
  isThere: boolean;
}

/** What a busy tenant has done. */
export interface Changes {
  moves: number;
  imports: number;
  deletions: number;
  /** Deletions refused since a request was using the version. */
  held: number;
  pins: number;
}

const BANK = 'bank';
const GUEST = 'guest';

/**
 * A tenant with an adapter of every generated kind, shipped ones, and one name of four versions between which two aliases
 * move. Every such tenant uses the same names, for adapters of its own.
 */
export class BusyTenant {
  readonly changes: Changes = { moves: 0, imports: 0, deletions: 0, held: 0, pins: 0 };
  readonly faults: string[] = [];

  private constructor(
    private readonly service: RunningService,
    readonly id: string,
    readonly key: string,
    /** Of all names but `bank` and `guest`, one version each. */
    readonly settled: readonly ImportedVersion[],
    readonly banks: readonly ImportedVersion[],
    readonly guests: readonly Guest[],
    readonly aliases: Readonly<Record<'production' | 'canary', AliasHistory>>,
  ) {}

  static async create(service: RunningService, name: string, seed: number): Promise<BusyTenant> {
    const { id, key } = await service.newTenant(name);
    const add = (as: string, files: AdapterFiles, alias?: string): Promise<ImportedVersion> =>
      importFiles(service, key, files, { name: as, ...(alias !== undefined && { alias }) });
    const settled: ImportedVersion[] = [];
    for (const [at, kind] of GENERATED_KINDS.entries()) {
      const labels = at < 2 ? 2 + at : 6 + (at % 3);
      settled.push(await add(kind.replaceAll('_', '-'), generateAdapter({ kind, labels, seed: seed + at })));
    }
    const tagger = generateAdapter({ kind: 'lora', labels: 5, seed: seed + 20, task: 'TOKEN_CLS' });
    settled.push(await add('tagger', tagger));
    settled.push(await add('travel', await fromDirectory(exampleDirectory('clinc-travel'))));
    // A shipped adapter, one trunk under two heads, and one head on two trunks.
    const banks = [await add(BANK, await fromDirectory(exampleDirectory('clinc-banking')))];
    for (const [kind, trunk, head] of [['lora', 30, 31], ['lora', 30, 32], ['dora', 33, 32]] as const) {
      const files = generateAdapter({ kind, labels: 15, seed: seed + trunk, headSeed: seed + head });
      banks.push(await add(BANK, files));
    } // prettier-ignore
    const guests: Guest[] = [];
    for (const [at, kind] of (['lora_all', 'houlsby'] as const).entries()) {
      const files = generateAdapter({ kind, labels: 9, seed: seed + 40 + at });
      guests.push({ ...(await add(GUEST, files, '')), files, isThere: true });
    }
    const [first, last] = [banks.at(0)?.digest ?? '', banks.at(-1)?.digest ?? ''];
    await service.call(key, 'PUT', `/v1/adapters/${BANK}/aliases/canary`, { version: first });
    const aliases = { production: new AliasHistory(last), canary: new AliasHistory(first) };
    return new BusyTenant(service, id, key, settled, banks, guests, aliases);
  }

  get versions(): readonly ImportedVersion[] {
    return [...this.settled, ...this.banks, ...this.guests];
  }

  /** Moves aliases, deletes and imports versions, pins and unpins, one thing after another. */
  async keepChanging(random: SeededRandom, isDone: () => boolean): Promise<void> {
    for (let turn = 0; !isDone(); turn++) {
      await this.moveAlias(random);
      if (turn % 4 === 1) await this.toggle(this.guests[random.integer(0, this.guests.length)]!);
      if (turn % 16 === 3) await this.pinForAMoment(this.settled[random.integer(0, this.settled.length)]!);
      await new Promise((resolve) => setTimeout(resolve, random.integer(2, 30)));
    }
  }

  private async moveAlias(random: SeededRandom): Promise<void> {
    const alias = random.next() < 0.5 ? 'production' : 'canary';
    const { digest } = this.banks[random.integer(0, this.banks.length)]!;
    await this.aliases[alias].move(digest, async () => {
      await this.ask(200, 'PUT', `/v1/adapters/${BANK}/aliases/${alias}`, { version: digest });
    });
    this.changes.moves++;
  }

  private async toggle(guest: Guest): Promise<void> {
    if (!guest.isThere) {
      await this.ask(201, 'POST', '/v1/adapters', formOf(guest.files, { name: GUEST, alias: '' }));
      this.changes.imports++;
      guest.isThere = true;
      return;
    }
    const { status, body } = await this.service.call(
      this.key,
      'DELETE',
      `/v1/adapters/${GUEST}/versions/${guest.digest}`,
    );
    if (status === 200) {
      this.changes.deletions++;
      guest.isThere = false;
    } else if (body.error.code === 'version_in_use') this.changes.held++;
    else this.faults.push(`delete: ${status} ${JSON.stringify(body)}`);
  }

  private async pinForAMoment({ name }: ImportedVersion): Promise<void> {
    const admin = await this.service.adminKey;
    const body = { tenant: this.id, model: name };
    const pinned = await this.service.call(admin, 'POST', '/admin/residency/pins', body);
    if (pinned.status === 503) return; // all that is in the pool is in use
    if (pinned.status !== 200) this.faults.push(`pin: ${pinned.status} ${JSON.stringify(pinned.body)}`);
    this.changes.pins++;
    for (const brick of pinned.body.bricks as { id: string; pinned: boolean }[]) {
      if (brick.pinned && brick.id.startsWith(this.id)) {
        await this.service.call(admin, 'DELETE', `/admin/residency/pins/${brick.id}`);
      }
    }
  }

  private async ask(expected: number, method: string, path: string, body: unknown): Promise<void> {
    const answer = await this.service.call(this.key, method, path, body);
    if (answer.status !== expected)
      this.faults.push(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  }
}

async function importFiles(
  service: RunningService,
  key: string,
  files: AdapterFiles,
  fields: Record<string, string>,
): Promise<ImportedVersion> {
  const { status, body } = await service.call(key, 'POST', '/v1/adapters', formOf(files, fields));
  if (status !== 201) throw new Error(`import: expected 201, got ${status} ${JSON.stringify(body)}`);
  return {
    name: body.adapter,
    digest: body.version,
    isTagger: body.task === 'token_classification',
    labels: body.labels.length,
    bytes: body.details.resident_bytes,
  };
}
