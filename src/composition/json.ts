import { z } from 'zod';
import { issuePath, issueText } from '../common/schema-issue.js';
import { MAX_DEPTH, MAX_LABELS, MAX_MEMBERS } from './bounds.js';
import { checkComposition } from './check.js';
import { invalidComposition } from './invalid.js';
import { parseText } from './text.js';
import { mapChildren, membersOf, ROUTING_LAWS, type Composition, type HeadChoice, type Recipe } from './value.js';

const list = <T extends z.ZodType>(item: T): z.ZodArray<T> => z.array(item).min(1).max(MAX_MEMBERS);
const inner = z.unknown();
/** JSON's 1e999 is infinite: `checkComposition` refuses it with its own words. */
const number = z.custom<number>((value) => typeof value === 'number', 'Invalid input: expected number');

/** One node without what stands inside it. */
const NODES = {
  sum: z.strictObject({ sum: list(z.strictObject({ of: inner, weight: number })) }),
  stack: z.strictObject({ stack: list(inner) }),
  parallel: z.strictObject({ parallel: list(inner) }),
  split: z.strictObject({
    split: list(z.strictObject({ of: inner, from: number, to: number.optional() })),
  }),
  route: z.strictObject({
    route: list(inner),
    by: z.enum(ROUTING_LAWS),
    top_k: number.optional(),
    temperature: number.optional(),
    router: z.string().optional(),
    floor: z.union([number, z.literal('auto')], 'Invalid input: expected number or auto').optional(),
  }),
} as const;
const KINDS = Object.keys(NODES) as (keyof typeof NODES)[];

const HEAD_RULE = 'expected union, mean, base or {"member": …}';
const recipeSchema = z.strictObject({
  composition: inner,
  head: z.union([z.enum(['union', 'mean', 'base']), z.strictObject({ member: z.string() })], HEAD_RULE).optional(),
  labels: z.array(z.string().min(1)).min(1).max(MAX_LABELS).optional(),
});

/**
 * A composition from JSON or from its text form, checked by every rule that needs no look-up.
 *
 * @param at  the place of the value in the request, which errors name
 * @throws ValidationError  code `invalid_composition`
 */
export function readComposition(value: unknown, at = 'composition'): Composition {
  const composition = typeof value === 'string' ? parseText(value, at) : readNode(value, at, 1);
  checkComposition(composition, at);
  return composition;
}

/** As `readComposition`, with the choice of labels beside it. A text, or a composition alone, is a recipe too. */
export function readRecipe(value: unknown, at = 'recipe'): Recipe {
  if (typeof value !== 'object' || value === null || !('composition' in value))
    return { composition: readComposition(value, at) };
  const { composition: given, head, labels } = parsed(recipeSchema, value, at);
  const composition = readComposition(given, `${at}.composition`);
  checkHead(composition, head, `${at}.head`);
  const twice = labels?.find((label, i) => labels.indexOf(label) !== i);
  if (twice !== undefined) throw invalidComposition(`${at}.labels`, `expected distinct labels, got ${twice} twice`);
  return { composition, ...(head !== undefined && { head }), ...(labels && { labels }) };
}

function checkHead(composition: Composition, head: HeadChoice | undefined, at: string): void {
  if (typeof head !== 'object' || membersOf(composition).includes(head.member)) return;
  throw invalidComposition(`${at}.member`, `expected a member as the composition names it, got ${head.member}`);
}

function readNode(value: unknown, at: string, depth: number): Composition {
  if (typeof value === 'string') return value;
  if (depth > MAX_DEPTH) throw invalidComposition(at, `expected at most ${MAX_DEPTH} levels, got more`);
  const kind = typeof value === 'object' && value !== null ? KINDS.find((key) => key in value) : undefined;
  if (kind === undefined) throw invalidComposition(at, `expected a member or an object with ${KINDS.join(', ')}`);
  const node = parsed(NODES[kind], value, at) as Composition;
  return mapChildren(node, (of, place) => readNode(of, `${at}${place}`, depth + 1));
}

function parsed<T extends z.ZodType>(schema: T, value: unknown, at: string): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0]!;
  const place = issuePath(issue.path);
  throw invalidComposition(place === '' ? at : `${at}.${place}`, issueText(issue, value));
}
