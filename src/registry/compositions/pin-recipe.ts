import { checkComposition } from '../../composition/check.js';
import { invalidComposition } from '../../composition/invalid.js';
import { replaceMembers } from '../../composition/replace-members.js';
import { membersOf, type Composition, type HeadChoice, type Recipe } from '../../composition/value.js';
import { readComposedDetails } from './composed-details.js';
import type { Member, MemberPlace } from './members.service.js';

/** A recipe whose members are bricks, each pinned by digest. */
export interface PinnedRecipe {
  readonly recipe: Recipe;
  /** By their pinned names. */
  readonly members: ReadonlyMap<string, Member>;
  /** Names of compositions of the tenant that stood in it and were put out, and of those that had stood in these. */
  readonly through: readonly string[];
}

type Find = (places: readonly MemberPlace[]) => Promise<Member[]>;

/**
 * The recipe as of now: every name becomes the version that it means, and a composition becomes what it is made of. A
 * composition alone brings its choice of labels; inside another one it gives its bricks only.
 *
 * @param at    the place of the recipe in the request
 * @throws ValidationError | NotFoundError  for members that are not found, and nestings that become wrong
 */
export async function pinRecipe(recipe: Recipe, at: string, find: Find): Promise<PinnedRecipe> {
  const places: MemberPlace[] = [];
  replaceMembers(recipe.composition, (member, place) => (places.push({ member, at: place }), member), at);
  const found = new Map((await find(places)).map((member, i) => [places[i]!.member, member]));
  const composed = [...found.values()].filter(({ version }) => version.summary.kind === 'composition');
  const put = (member: string): Composition => {
    const { pinned, version } = found.get(member)!;
    return version.summary.kind === 'composition' ? readComposedDetails(version.summary).recipe.composition : pinned;
  };
  const composition = replaceMembers(recipe.composition, put, at);
  checkComposition(composition, at);
  const inner = typeof recipe.composition === 'string' && found.get(recipe.composition);
  const alone = inner && composed.includes(inner) ? readComposedDetails(inner.version.summary).recipe : undefined;
  const head = recipe.head === undefined ? alone?.head : pinnedHead(recipe.head, found, at);
  const labels = recipe.labels ?? alone?.labels;
  return {
    recipe: { composition, ...(head && { head }), ...(labels && { labels }) },
    members: await bricksOf(composition, [...found.values()], (names) => find(names.map((member) => ({ member, at })))),
    through: [
      ...new Set(composed.flatMap(({ version }) => [version.name, ...readComposedDetails(version.summary).through])),
    ],
  };
}

/** The members of what was put out are found, and their grants checked, for the caller too. */
async function bricksOf(
  composition: Composition,
  known: readonly Member[],
  find: (names: readonly string[]) => Promise<Member[]>,
): Promise<ReadonlyMap<string, Member>> {
  const members = new Map(known.map((member) => [member.pinned, member]));
  const names = membersOf(composition);
  for (const member of await find(names.filter((name) => !members.has(name)))) members.set(member.pinned, member);
  return new Map(names.map((name) => [name, members.get(name)!]));
}

function pinnedHead(head: HeadChoice, found: ReadonlyMap<string, Member>, at: string): HeadChoice {
  if (typeof head === 'string') return head;
  const member = found.get(head.member)!;
  if (member.version.summary.kind !== 'composition') return { member: member.pinned };
  throw invalidComposition(
    `${at}.head`,
    `expected a brick, got ${head.member}, a composition: name one of its members`,
  );
}
