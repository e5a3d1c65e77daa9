import { z } from 'zod';
import { ValidationError } from '../../common/errors.js';
import { writeSafetensors } from '../../engine/io/safetensors.js';
import { headTensors } from '../../models/head-tensors.js';
import type { Head, HeadLabels } from '../../models/heads.js';
import { canonicalJson, parseConfig } from '../config.js';
import type { Brick } from '../brick.js';
import type { AdapterFiles } from '../files.js';
import { headFields } from '../head-fields.js';
import { gateTensors } from './gate-tensors.js';
import { usageTensors, type RouterUsage } from './router-usage.js';

export const ROUTER_FILE = 'router.json';
export const ROUTER_WEIGHTS = 'router.safetensors';

/** Laws that a router can be made for: the others read their members themselves. */
export const ROUTER_LAWS = ['mod_squad', 'phatgoose'] as const;
export type RouterLaw = (typeof ROUTER_LAWS)[number];

/** How many bricks a route may have, and so a router may weigh. */
export const MAX_EXPERTS = 64;

/** What weighs a given list of bricks for one task, and answers that task. */
export interface RouterArtefact {
  readonly law: RouterLaw;
  /** Bricks that it weighs; a route that names it lists as many, in this order. */
  readonly experts: number;
  /** [experts, layers, width] for each place; for `phatgoose` as `phatgooseGates` makes them. */
  readonly gates: NonNullable<Brick['gates']>;
  /** Kept with it so that the task's part may be cut out. */
  readonly usage?: RouterUsage;
  /** Of the task; absent: the members' or the base's answers. A sequence or a token head. */
  readonly head?: Head;
  /** One for each output of `head`. */
  readonly labels?: HeadLabels;
}

const activation = z.enum(['gelu', 'gelu_new', 'relu', 'silu', 'tanh', 'sigmoid', 'leaky_relu', 'relu6', 'identity']);

const routerSchema = z
  .object({
    law: z.enum(ROUTER_LAWS),
    experts: z.int().min(1).max(MAX_EXPERTS),
    head: z
      .discriminatedUnion('kind', [
        z.object({ kind: z.literal('sequence'), activation }).strict(),
        z.object({ kind: z.literal('token') }).strict(),
      ])
      .optional(),
    labels: z.array(z.string()).optional(),
    problem: z.enum(['single', 'multi', 'regression']).optional(),
  })
  .strict();

/** router.json: what `RouterArtefact` holds beside tensors. */
export type RouterFields = z.infer<typeof routerSchema>;

/**
 * The files of a router: `router.json`, and `router.safetensors` with `gates.<place>` [experts, layers, width] and the
 * tensors of the head as `head.<place>`, e.g. `head.out.weight`; `usage.<place>` [experts, layers] where it is known.
 *
 * @param layers  of the base
 */
export function writeRouter(router: RouterArtefact, layers: number): AdapterFiles {
  const { law, experts, gates, usage, head, labels } = router;
  const tensors = new Map([...gateTensors(gates, layers, experts), ...usageTensors(usage ?? {}, experts, layers)]);
  for (const [place, value] of head ? headTensors(head) : []) tensors.set(`head.${place}`, value);
  const fields = { law, experts, ...(head && { head: headFields(head) }), ...labels };
  return new Map<string, Uint8Array>([
    [ROUTER_FILE, new TextEncoder().encode(`${JSON.stringify(fields, null, 2)}\n`)],
    [ROUTER_WEIGHTS, writeSafetensors(tensors)],
  ]);
}

/** @throws ValidationError  for a router.json that is not as `routerSchema` says; undefined where there is none */
export function readRouterFields(files: AdapterFiles): RouterFields | undefined {
  const bytes = files.get(ROUTER_FILE);
  if (bytes === undefined) return undefined;
  const parsed = routerSchema.safeParse(JSON.parse(canonicalJson(parseConfig(bytes, ROUTER_FILE))));
  if (parsed.success) return parsed.data;
  throw new ValidationError(`${ROUTER_FILE}: ${z.prettifyError(parsed.error)}`, { param: ROUTER_FILE });
}
