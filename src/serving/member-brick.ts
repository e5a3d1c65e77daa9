import type { RouterPart } from '../adapters/routing/router-parts.js';
import type { Member } from '../registry/compositions/members.service.js';
import type { BrickRef } from './brick-ref.js';
import type { BrickTraits } from './brick-traits.js';

/** A member of a composition with what rows need of it. */
export interface MemberBrick extends Member {
  readonly ref: BrickRef;
  readonly traits: BrickTraits;
}

/** A part of a router as a brick of its own; see `routerPart`. */
export function partRef({ ref, traits }: Pick<MemberBrick, 'ref' | 'traits'>, part: RouterPart): BrickRef {
  const { id, bytes, ...file } = ref;
  return { ...file, id: `${id}#${part}`, file: id, part, bytes: Math.ceil(bytes / (traits.experts ?? 1)) };
}

/** What holds the head of a member: a router of gates is loaded in parts, one of matrices is not. */
export function headRef(member: Pick<MemberBrick, 'ref' | 'traits'>): BrickRef {
  const { experts, fusedBlocks } = member.traits;
  return experts === undefined || fusedBlocks ? member.ref : partRef(member, 'head');
}
