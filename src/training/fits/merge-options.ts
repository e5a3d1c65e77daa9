import { ValidationError } from '../../common/errors.js';
import type { MergeOptions } from '../../composition/merge/options.js';
import type { FitOptions } from './fit-options.js';

export type MergeFit = Extract<FitOptions, { name: 'merge' }>;

/**
 * A merge as `mergeAdapters` is told of it, which names a head by its member's place.
 *
 * @param members  as `head` names them
 * @throws ValidationError  for a head of no member
 */
export function mergeOptionsOf(fit: MergeFit, members: readonly string[]): MergeOptions {
  const { mergeType: kind, rank, density, majority, seed } = fit;
  const head = headOf(fit, members);
  return {
    kind,
    ...(rank !== undefined && { rank }),
    ...(density !== undefined && { density }),
    ...(majority !== undefined && { majority }),
    ...(seed !== undefined && { seed }),
    ...(head !== undefined && { head }),
  };
}

function headOf({ head }: MergeFit, members: readonly string[]): MergeOptions['head'] {
  if (head === undefined) return undefined;
  if (head === 'base') return 'none';
  const at = members.indexOf(head);
  if (at >= 0) return at;
  throw new ValidationError(`objective.head: expected base, or a member as members names it, got ${head}`, {
    param: 'objective',
  });
}
