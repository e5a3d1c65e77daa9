import type { Brick } from '../../adapters/brick.js';
import type { TokenLaw } from '../../adapters/rows/routing/laws.js';
import { arrowGates } from '../../composition/routing/arrow.js';
import { DEFAULT_ABSTAINED } from '../../composition/routing/floor.js';
import { ValidationError } from '../../common/errors.js';
import type { BaseModel } from '../../models/base-model.js';
import { maxTokens } from '../../models/encoder-config.js';
import { expectRunning, type FitWatch } from '../../training/fits/learn-gains.js';
import type { Row, Runtime } from '../protocol.js';
import type { FitMember } from './lora-hub.js';

export interface FloorFit {
  readonly base: Pick<BaseModel, 'tokenizer' | 'config' | 'sites'>;
  /** Of the route. */
  readonly members: readonly FitMember[];
  readonly law: TokenLaw;
  readonly topK: number;
  readonly temperature: number;
  /** That the members are for. */
  readonly texts: readonly string[];
  readonly maxTokens?: number;
  /** Share of tokens and places that the base may answer. */
  readonly abstained?: number;
}

export interface FittedFloor {
  readonly floor: number;
  /** Share of tokens and places of the texts that go to no member at this floor. */
  readonly abstained: number;
}

const BATCH = 32;
/** Halvings of the span in which the floor lies: four digits and more. */
const HALVINGS = 16;
/** No score of a law is larger. */
const LARGEST = 2 ** 40;

/**
 * The floor of a route that chooses for each token: the largest one at which no more than `abstained` of the tokens and
 * places of texts that the members are for go to none. It is found by halving on what the runtime answers, so that what a
 * token that abstained does to the layers above it is counted.
 *
 * Cost: some 20 forward passes over the texts.
 *
 * @param runtime  of `base`; members and gates are loaded into it under names of the fit's own, and leave it
 * @throws ValidationError  without texts or members, and for members that have no gates of the law
 */
export async function fitFloor(
  fit: FloorFit,
  runtime: Pick<Runtime, 'load' | 'unload' | 'run'>,
  watch: FitWatch = {},
): Promise<FittedFloor> {
  const { base, members, texts, abstained: allowed = DEFAULT_ABSTAINED } = fit;
  if (members.length === 0) throw new ValidationError('fit: members: expected at least one, got none');
  if (texts.length === 0) throw new ValidationError('fit: texts: expected at least one, got none');
  if (!(allowed >= 0 && allowed < 1))
    throw new ValidationError(`fit: abstained: expected a share from 0 to below 1, got ${allowed}`);
  const room = Math.min(fit.maxTokens ?? Infinity, maxTokens(base.config));
  const rows = texts
    .map((text) => base.tokenizer.encode(text, { maxTokens: room }))
    .sort((a, b) => a.ids.length - b.ids.length);
  const loaded: string[] = [];
  try {
    for (const [id, brick] of bricksOf(fit)) {
      await runtime.load(id, brick);
      loaded.push(id);
    }
    const shareAt = (floor: number): Promise<number> => abstainedShare(fit, rows, floor, runtime, watch);
    let [low, high] = [-1, 1];
    while ((await shareAt(low)) > allowed && low > -LARGEST) low *= 4;
    while ((await shareAt(high)) <= allowed && high < LARGEST) high *= 4;
    for (let halving = 0; halving < HALVINGS; halving++) {
      const middle = (low + high) / 2;
      if ((await shareAt(middle)) > allowed) high = middle;
      else low = middle;
    }
    return { floor: low, abstained: await shareAt(low) };
  } finally {
    for (const id of loaded) await runtime.unload(id);
  }
}

async function abstainedShare(
  { members, law, topK, temperature }: FloorFit,
  encoded: readonly { readonly ids: Int32Array; readonly typeIds: Int32Array }[],
  floor: number,
  runtime: Pick<Runtime, 'run'>,
  watch: FitWatch,
): Promise<number> {
  const routed = {
    bricks: members.map(({ name }) => ({ id: memberId(name), weight: 1, route: 0 })),
    routes: [{ law, topK, temperature, floor, gates: members.map(({ name }) => gateId(name)) }],
    heads: [],
    task: { kind: 'embedding', pooling: 'mean' },
  } as const;
  let [sum, tokens] = [0, 0];
  for (let from = 0; from < encoded.length; from += BATCH) {
    await expectRunning(watch);
    const batch = encoded.slice(from, from + BATCH);
    const { rows } = await runtime.run(
      batch.map(({ ids, typeIds }): Row => ({ inputIds: ids, tokenTypeIds: typeIds, ...routed })),
    );
    rows.forEach(({ shares }, at) => {
      const count = batch[at]?.ids.length ?? 0;
      sum += count * (shares?.[0]?.at(-1) ?? 0);
      tokens += count;
    });
  }
  return sum / tokens;
}

/** Members, and the bricks that hold their gates. */
function bricksOf({ members, law, base }: FloorFit): [string, Brick][] {
  return members.flatMap(({ name, brick }): [string, Brick][] => [
    [memberId(name), brick],
    [gateId(name), gatesOf(name, brick, law, base.sites.layers)],
  ]);
}

function gatesOf(name: string, { gates, gatesFor, ...brick }: Brick, law: TokenLaw, layers: number): Brick {
  const empty = { lowRank: {}, embeddings: [], vectors: {}, bottlenecks: [] };
  if (law === 'arrow') return { ...empty, gates: arrowGates(brick, layers) };
  if (gates && gatesFor === law) return { ...empty, gates };
  throw new ValidationError(`fit: ${name}: expected gates that were fitted for ${law}, got ${gatesFor ?? 'none'}`);
}

function memberId(name: string): string {
  return `fit:${name}`;
}

function gateId(name: string): string {
  return `fit:${name}:gates`;
}
