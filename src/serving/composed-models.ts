import { checkBricks } from '../composition/brick-rules.js';
import { invalidComposition } from '../composition/invalid.js';
import { reduceComposition, type Answer } from '../composition/terms.js';
import { IncompatibleAdapterError } from '../common/errors.js';
import type { Member } from '../registry/compositions/members.service.js';
import type { PinnedRecipe } from '../registry/compositions/pin-recipe.js';
import type { RegistryService } from '../registry/registry.service.js';
import { versionDetails } from './base-adapter-compiler.js';
import type { BrickTraitsReader } from './brick-traits.js';
import { composedHeads, headsOf } from './composed-heads.js';
import type { ServedBase } from './engine.module.js';
import { ROUTE_SOURCES } from './gates/table.js';
import type { MemberBrick } from './member-brick.js';
import type { AnsweringHeads, NamedBrick, ServedBrick, ServedModel, ServedRoute } from './served-model.js';
import { isByRequest } from './settle-routes.js';
import type { VersionPlace } from './version-leases.js';
import { brickRefOf } from './version-bricks.js';

/** How a composition is named in answers, metrics and errors. */
export interface ComposedName {
  readonly name: string;
  readonly adapter: string;
  readonly versions: readonly string[];
  readonly held: readonly VersionPlace[];
  /** Its place in the request, which errors name. */
  readonly at: string;
  /** That of its recipe; absent: the same. */
  readonly recipeAt?: string | undefined;
  /** Whose head answers in the place of the members'. */
  readonly headOf?: ServedModel | undefined;
}

type MemberBricks = ReadonlyMap<string, MemberBrick>;

/** Makes rows of compositions: terms of bricks, routes and heads. */
export class ComposedModels {
  constructor(
    private readonly registry: Pick<RegistryService, 'packed' | 'arrowGates'>,
    private readonly traits: Pick<BrickTraitsReader, 'require'>,
    private readonly base: ServedBase,
  ) {}

  /**
   * @throws ValidationError `invalid_composition`  when a brick cannot take part as it is asked to, with the reason; when
   *   no head, or more than one, answers
   * @throws IncompatibleAdapterError  for a brick that was made on another base
   */
  async compose({ recipe, members }: PinnedRecipe, named: ComposedName): Promise<ServedModel> {
    const read = [...members].map(async ([name, member]) => [name, await this.brickOf(member, named.at)] as const);
    const bricks: MemberBricks = new Map(await Promise.all(read));
    const { answers } = reduceComposition(recipe.composition);
    const place = { members: bricks, base: this.base, at: named.recipeAt ?? named.at };
    const models = await Promise.all(
      answers.map(async (answer) => {
        checkTerms(answer, bricks, named.at);
        const heads = named.headOf ? headsOf(named.headOf) : composedHeads(recipe, answer, place);
        return served(answer, { bricks, heads, routes: await this.routesOf(answer, bricks, named.at) }, named);
      }),
    );
    const [first] = models;
    return models.length === 1 ? first! : { ...first!, alternatives: models };
  }

  private async brickOf(member: Member, at: string): Promise<MemberBrick> {
    try {
      const ref = await brickRefOf(this.registry, member.tenantId, member.version);
      return { ...member, ref, traits: await this.traits.require(ref) };
    } catch (error) {
      if (!(error instanceof IncompatibleAdapterError)) throw error;
      throw new IncompatibleAdapterError(`${at}: ${member.pinned}: ${error.message}`, { param: at, cause: error });
    }
  }

  private routesOf({ routes }: Answer, bricks: MemberBricks, at: string): Promise<ServedRoute[]> {
    return Promise.all(
      routes.map((term) => {
        const members = term.members.map((name) => bricks.get(name)!);
        const router = term.router === undefined ? undefined : bricks.get(term.router);
        return ROUTE_SOURCES[term.by]({ term, members, router, at }, this.registry);
      }),
    );
  }
}

function checkTerms(answer: Answer, bricks: MemberBricks, at: string): void {
  const router = answer.terms.find(({ member }) => bricks.get(member)!.traits.experts !== undefined);
  if (router) throw invalidComposition(at, `expected a brick, got ${router.member}, a router: name it in a route`);
  checkBricks(answer, (member) => bricks.get(member)!.traits.parts, at);
}

function served(
  answer: Answer,
  { bricks, heads, routes }: { bricks: MemberBricks; heads: AnsweringHeads; routes: readonly ServedRoute[] },
  { name, adapter, versions, held, at }: ComposedName,
): ServedModel {
  const row: ServedBrick[] = [];
  const named: NamedBrick[] = [];
  for (const { member, level, ...term } of answer.terms) {
    const { ref, pinned, version } = bricks.get(member)!;
    const placed = { ...term, ...(level > 0 && { level }) };
    row.push({ ref, ...placed });
    named.push({ name: pinned.slice(0, pinned.indexOf('@')), version: version.digest, ...placed });
  }
  if (heads.template !== undefined && routes.some(isByRequest))
    throw invalidComposition(
      at,
      'expected a head that answers texts as they are beside a centroid, got one in a prompt',
    );
  const own = answer.terms.map(({ member }) => versionDetails.parse(bricks.get(member)!.version.summary.details));
  return {
    ...{ name, adapter, versions, held, bricks: row, named, ...heads },
    ...(routes.length > 0 && { routes }),
    virtualTokens: own.reduce((sum, { virtual_tokens: tokens }) => sum + tokens, 0),
  };
}
