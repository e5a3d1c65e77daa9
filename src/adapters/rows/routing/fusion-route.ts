import { ValidationError } from '../../../common/errors.js';
import type { BlockSlot } from '../../../models/row-hooks.js';
import type { PlacedPages, Placement } from '../placement.js';
import type { RowPart } from '../row-part.js';
import { sameRange } from '../token-range.js';

export const ADAPTER_FUSION = 'adapter_fusion';

/** A route of a row whose bottlenecks attention mixes. */
export interface FusionPart {
  readonly law: typeof ADAPTER_FUSION;
  /** What holds its matrices. */
  readonly fusion: Placement;
}

/** By slot, the page of the matrices that mix its members there. */
export type FusionPages = ReadonlyMap<BlockSlot, PlacedPages>;

/**
 * The matrices of a route by AdapterFusion at each block where its members act.
 *
 * @throws ValidationError  for no members, members of unlike tokens, members with other parts than bottlenecks, that do not
 *   all act at the same blocks or read the same there, and matrices that are missing
 */
export function fusionPages({ fusion }: FusionPart, members: readonly RowPart[]): FusionPages {
  const [first] = members;
  if (!first) throw refused('expected members, got none');
  if (!members.every(({ tokens }) => sameRange(tokens, first.tokens)))
    throw refused('expected members with the same tokens, got unlike ones');
  const inputs = members.map(({ placement }) => inputsOf(placement));
  const unlike = inputs.findIndex((own) => describe(own) !== describe(inputs[0]!));
  if (unlike >= 0)
    throw refused(
      `expected members that act at the same blocks, ${describe(inputs[0]!)}, got ${describe(inputs[unlike]!)}`,
    );
  return new Map(
    [...inputs[0]!.keys()].map((slot) => {
      const pages = fusion.pages.get(`fusion.${slot}`);
      if (!pages) throw refused(`expected matrices for ${slot} blocks, got none`);
      return [slot, pages];
    }),
  );
}

/** What the bottlenecks of a brick read, by the slots where it has some. */
function inputsOf({ pages }: Placement): Map<BlockSlot, string> {
  const found = new Map<BlockSlot, string>();
  for (const pool of pages.keys()) {
    const [kind, slot = '', input = ''] = pool.split('.');
    if (kind === 'gate') continue;
    if (kind !== 'bottleneck' && kind !== 'bottleneck_bias') throw refused(`expected bottlenecks only, got ${pool}`);
    const known = found.get(slot as BlockSlot) ?? input;
    if (known !== input) throw refused(`expected bottlenecks of a block that read the same, got ${known} and ${input}`);
    found.set(slot as BlockSlot, input);
  }
  return found;
}

function describe(inputs: ReadonlyMap<BlockSlot, string>): string {
  const texts = [...inputs].map(([slot, input]) => `${slot} (${input})`).sort();
  return texts.length === 0 ? 'none' : texts.join(' and ');
}

function refused(rule: string): ValidationError {
  return new ValidationError(`adapters: ${ADAPTER_FUSION}: ${rule}`);
}
