import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { CutOptions, CutReport } from '../../adapters/routing/squad-cut.js';
import { ValidationError } from '../../common/errors.js';
import { version as codeVersion } from '../../common/package.js';
import { printText } from '../../composition/text.js';
import { DEFAULT_TOP_K, type Recipe, type Route } from '../../composition/value.js';
import { TenantDb } from '../../database/tenant-db.js';
import type { Actor } from '../../tenants/principal.js';
import type { AdapterVersion } from '../adapter-version.js';
import { ImportService } from '../import.service.js';
import { expertName, partName } from '../part-name.js';
import { ADAPTER_COMPILER, type AdapterCompiler } from '../ports.js';
import { RegistryService } from '../registry.service.js';
import { VersionLineageEntity, type VersionLineage } from '../version-lineage.entity.js';
import { expectTarget, VersionMaker, type MadeVersion, type VersionDraft } from '../version-maker.js';
import { readComposedDetails, type Extraction } from './composed-details.js';
import { CompositionsService } from './compositions.service.js';
import type { Member } from './members.service.js';
import type { PinnedRecipe } from './pin-recipe.js';

export interface ExtractionRequest {
  /** Of the composition that is made; its parts are `name.router` and `name.e00` …. */
  readonly name: string;
  readonly alias?: string | null | undefined;
  readonly cut: CutOptions;
}

/** A squad's composition of one task: its router over its experts. */
interface Source {
  readonly version: AdapterVersion;
  readonly route: Route;
  readonly pinned: PinnedRecipe;
  readonly router: Member;
  readonly experts: readonly Member[];
}

/** A cut whose files lie in a directory. */
interface Cut {
  readonly report: CutReport;
  readonly extracted: Extraction;
  readonly directory: string;
}

/** Cuts one task's part out of a squad: fewer experts, a router for them, and a composition of both. */
@Injectable()
export class SquadExtractions {
  constructor(
    private readonly db: TenantDb,
    private readonly registry: RegistryService,
    private readonly compositions: CompositionsService,
    private readonly imports: ImportService,
    private readonly versions: VersionMaker,
    @Inject(ADAPTER_COMPILER) private readonly compiler: AdapterCompiler,
  ) {}

  /** What `extract` would make of it. @throws as that does */
  async plan(tenantId: string, version: AdapterVersion, request: ExtractionRequest): Promise<Extraction> {
    const source = await this.open(tenantId, version, request);
    return this.withCut(source, request.cut, ({ extracted }) => Promise.resolve(extracted));
  }

  /**
   * @param version  a composition
   * @throws ValidationError `not_a_squad`  for one that is no route by mod_squad with a router of the tenant's own
   * @throws ValidationError | IncompatibleAdapterError  for a cut that cannot be made, see `cutStoredSquad`
   * @throws NotFoundError `member_not_found`  for members whose grant was revoked
   * @throws QuotaExceededError  see `VersionMaker`
   */
  async extract(
    tenantId: string,
    version: AdapterVersion,
    request: ExtractionRequest,
    actor: Actor,
  ): Promise<MadeVersion> {
    const source = await this.open(tenantId, version, request);
    return this.withCut(source, request.cut, async (cut) => {
      const drafts = this.drafts(tenantId, request, source, cut);
      const inTransaction = (manager: EntityManager, made: readonly MadeVersion[]): Promise<void> =>
        this.addLineage(manager, source, made, cut.extracted);
      const made = await this.versions.makeAll({ tenantId, drafts, inTransaction }, actor);
      return made.at(-1)!;
    });
  }

  /** Its members are found anew, and their grants. */
  private async open(
    tenantId: string,
    version: AdapterVersion,
    { name, alias, cut: { by } }: ExtractionRequest,
  ): Promise<Source> {
    expectTarget({ tenantId, name, alias });
    const { recipe } = readComposedDetails(version.summary);
    const { composition: route } = recipe;
    if (typeof route === 'string' || !('route' in route) || route.by !== 'mod_squad' || route.router === undefined)
      throw notASquad('a route by mod_squad with a router', printText(route));
    const pinned = await this.compositions.pin(tenantId, recipe, 'name');
    const member = (name: string): Member => pinned.members.get(name)!;
    const [router, experts] = [member(route.router), route.route.map(member)];
    const copied = by === 'experts' ? [router] : [router, ...experts];
    const foreign = copied.find((one) => one.tenantId !== tenantId);
    if (foreign) throw notASquad('parts of your own, whose weights may be copied', foreign.pinned);
    const own = experts.map(({ version: expert }) => expert.name);
    if (by !== 'experts' && own.includes(partName(name, expertName(0))))
      throw new ValidationError(`name: expected one whose experts are not those of the squad, got ${name}`, {
        param: 'name',
      });
    return { version, route, pinned, router, experts };
  }

  private async withCut<T>(source: Source, cut: CutOptions, use: (cut: Cut) => Promise<T>): Promise<T> {
    const directory = await mkdtemp(join(tmpdir(), 'tessera-cut-'));
    try {
      const by = cut.by ?? 'layers';
      const { router, experts, route, version } = source;
      const places = by === 'experts' ? [] : experts.map((_expert, at) => join(directory, 'from', String(at)));
      const from = join(directory, 'from', 'router');
      await this.fetch(router, from);
      for (const [at, place] of places.entries()) await this.fetch(experts[at]!, place);
      const options = { ...cut, by, topK: route.top_k ?? DEFAULT_TOP_K };
      const report = await this.compiler.cutSquad({ options, router: from, experts: places, into: directory });
      const kept =
        by === 'experts'
          ? sum((report.places[0]?.kept ?? []).map((at) => bytesOf(experts[at]!)))
          : await filesBytes(join(directory, 'experts'));
      const extracted = {
        ...{ from: `${version.name}@${version.digest}`, by },
        threshold: cut.keep === undefined ? (cut.threshold ?? 3) : null,
        keep: cut.keep ?? null,
        experts: { before: report.before, after: report.after },
        bytes: {
          before: sum([...new Set([router, ...experts])].map(bytesOf)),
          after: kept + (await filesBytes(join(directory, 'router'))),
        },
        places: report.places.map(({ place, usage, kept: stays }) => ({ place, usage: [...usage], kept: [...stays] })),
      };
      return await use({ report, extracted, directory });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  private async fetch({ tenantId, version }: Member, directory: string): Promise<void> {
    await mkdir(directory, { recursive: true });
    for (const { name } of await this.registry.files(tenantId, version.name, version.digest)) {
      const { body } = await this.registry.openFile(tenantId, version, name);
      await pipeline(body, createWriteStream(join(directory, name)));
    }
  }

  private async *drafts(
    tenantId: string,
    { name, alias }: ExtractionRequest,
    source: Source,
    { report, extracted, directory }: Cut,
  ): AsyncGenerator<VersionDraft> {
    const { route, version, pinned } = source;
    const part = async (own: string, folder: string): Promise<VersionDraft> =>
      this.imports.draft({ tenantId, name: partName(name, own), keepsAlias: true, directory: join(directory, folder) });
    const pinnedName = ({ target, content }: VersionDraft): string => `${target.name}@${content.digest}`;
    const router = await part('router', 'router');
    yield router;
    const experts: string[] = [];
    if (extracted.by === 'experts') experts.push(...extracted.places[0]!.kept.map((at) => route.route[at]!));
    else
      for (let at = 0; at < report.after; at++) {
        const expert = await part(expertName(at), join('experts', String(at)));
        experts.push(pinnedName(expert));
        yield expert;
      }
    const composition = { ...route, route: experts, router: pinnedName(router) };
    const head = headOf(pinned.recipe, route.router!, composition);
    const recipe = { ...pinned.recipe, composition, ...(head !== undefined && { head }) };
    const members = new Map([...pinned.members].filter(([member]) => experts.includes(member)));
    const { task, labels, details } = version.summary;
    const summary = { task, labels, details: { ...details, text: printText(composition), extracted } };
    const target = { tenantId, name, ...(alias !== undefined && { alias }) };
    yield this.compositions.draft(target, { recipe, members, through: [] }, summary);
  }

  /** What the squad was made from is what they are made from, by way of it; nothing was measured of them yet. */
  private async addLineage(
    manager: EntityManager,
    { version }: Source,
    made: readonly MadeVersion[],
    extracted: Extraction,
  ): Promise<void> {
    const { adapterId, digest } = version;
    const parent: VersionLineage | null = await manager.findOneBy(VersionLineageEntity, { adapterId, digest });
    if (!parent) return;
    const { from, by, threshold, keep } = extracted;
    for (const { version: own } of made) {
      const key = { adapterId: own.adapterId, digest: own.digest };
      if (await manager.existsBy(VersionLineageEntity, key)) continue;
      const lineage = {
        ...{ ...parent, ...key, metrics: {}, parentModel: from, codeVersion: codeVersion(), createdAt: new Date() },
        hyperparameters: { extracted: { by, threshold, keep } },
      };
      await manager.insert(VersionLineageEntity, lineage as never); // TypeORM's partial of a json column is not its type
    }
  }
}

/** The choice of the head where it names a part: the router by its new name. @throws ValidationError  for one that is cut off */
function headOf({ head }: Recipe, router: string, { route, router: cut }: Route): Recipe['head'] {
  if (head === undefined || typeof head === 'string') return head;
  if (head.member === router && cut !== undefined) return { member: cut };
  if (route.includes(head.member)) return head;
  throw notASquad('a head that stays', head.member);
}

/** All below it. */
async function filesBytes(directory: string): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  return sum(await Promise.all(files.map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size)));
}

function bytesOf({ version }: Member): number {
  return version.bytes;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

function notASquad(rule: string, got: string): ValidationError {
  const message = `composition: expected ${rule}, got ${got.length > 160 ? `${got.slice(0, 160)}…` : got}`;
  return new ValidationError(message, { code: 'not_a_squad', param: 'name' });
}
