import { invalidComposition } from './invalid.js';
import type { CompositionKind } from './value.js';

const ONE_ANSWER = 'several answers to one input cannot be put together again, so parallel stands outermost';
const NO_ORDER = 'the terms of a sum act at once and a stack has an order; stack the sum instead';
const NO_ORDER_IN_PART = 'the parts of a split act at once and a stack has an order; stack the splits instead';
const SPLIT_TWICE = 'a part of a split has one range; give each inner part its range in the outer split';
const MEMBERS_ONLY = 'a route weighs its members by gates of their own, which only a member has';

/** What may not stand directly inside what, and why; all else may. */
export const NESTING: Readonly<Record<CompositionKind, Readonly<Partial<Record<CompositionKind, string>>>>> = {
  member: {},
  parallel: { parallel: 'a list of answers inside a list of answers is one list' },
  sum: { parallel: ONE_ANSWER, stack: NO_ORDER },
  stack: { parallel: ONE_ANSWER },
  split: { parallel: ONE_ANSWER, stack: NO_ORDER_IN_PART, split: SPLIT_TWICE },
  route: { parallel: ONE_ANSWER, sum: MEMBERS_ONLY, stack: MEMBERS_ONLY, split: MEMBERS_ONLY, route: MEMBERS_ONLY },
};

/** @throws ValidationError  with the reason of the table, when `inner` may not stand directly inside `outer` */
export function checkNesting(outer: CompositionKind, inner: CompositionKind, at: string): void {
  const reason = NESTING[outer][inner];
  if (reason !== undefined) throw invalidComposition(at, `${reason}; got ${inner} inside ${outer}`);
}
