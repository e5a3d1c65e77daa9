import { IncompatibleAdapterError } from '../../common/errors.js';
import type { AdapterFiles } from '../../adapters/files.js';
import { invalidComposition } from '../invalid.js';
import type { WeightedModule } from './cat.js';
import { readLoraSource, type LoraModule, type LoraSource } from './lora-source.js';
import { mergedFiles, type PlacedModule } from './merged-files.js';
import { mergeModule } from './merge-module.js';
import { checkMergeOptions, checkMergeWeights, type MergeOptions } from './options.js';

export interface MergeMember {
  /** Of a PEFT LoRA adapter. */
  readonly files: AdapterFiles;
  readonly weight: number;
  /** Multiplies the weight of one module, by its path in the task model. */
  readonly weightAt?: (path: string) => number;
}

export interface MergedAdapter {
  /** A PEFT LoRA adapter. */
  readonly files: AdapterFiles;
  /** Largest rank of a module. */
  readonly rank: number;
  /**
   * ‖merged − Σ wᵢ ΔWᵢ‖ / ‖Σ wᵢ ΔWᵢ‖ (Frobenius, over all modules): 0 for `cat`, what was cut for `svd`, and for the other
   * kinds how far they are from what a weighted sum serves. Rounding shows below 1e-7.
   */
  readonly error: number;
}

/** A module of the result that is done. */
export interface MergeStep {
  /** From 1. */
  readonly step: number;
  readonly totalSteps: number;
  /** The module's path in the task model. */
  readonly path: string;
  /** As that of the whole, over this module. */
  readonly error: number;
}

/**
 * Several LoRA adapters as one checkpoint that PEFT loads, to take away what is composed here. A composition that is served
 * is never merged. A member of weight 0 is absent.
 *
 * @param at  the place in the request, which errors name
 * @throws ValidationError           for weights that are not finite, options out of range or unknown to the kind
 * @throws IncompatibleAdapterError  for members that have no merge, of another model, or of ranks that the kind does not take
 */
export function mergeAdapters(members: readonly MergeMember[], options: MergeOptions, at = 'merge'): MergedAdapter {
  const steps = mergeInSteps(members, options, at);
  for (let next = steps.next(); ; next = steps.next()) if (next.done) return next.value;
}

/** The same, module by module: a decomposition of one may take seconds. */
export function* mergeInSteps(
  members: readonly MergeMember[],
  options: MergeOptions,
  at = 'merge',
): Generator<MergeStep, MergedAdapter> {
  checkMergeOptions(options, at);
  checkMergeWeights(
    members.map(({ weight }) => weight),
    at,
  );
  const sources = members.map(({ files }, i) => readLoraSource(files, `${at}.members[${i}]`));
  const head = headOf(sources, options.head, at);
  const parts = partsByPath(sources, members, at);
  const largest = Math.max(...[...parts.values()].flat().map(({ module }) => module.rank));
  const modules = new Map<string, PlacedModule>();
  for (const [path, of] of parts) {
    const { isEmbedding, in: inWidth, out } = of[0]!.module;
    const merged = mergeModule(path, of, options.rank ?? largest, options);
    modules.set(path, { merged, isEmbedding, in: inWidth, out });
    yield { step: modules.size, totalSteps: parts.size, path, error: relative(merged.lost, merged.whole) };
  }
  const merged = [...modules.values()].map((module) => module.merged);
  return {
    files: mergedFiles(modules, head ?? sources[0]!, head),
    rank: Math.max(...merged.map(({ ranks }) => ranks.rank)),
    error: relative(sum(merged.map(({ lost }) => lost)), sum(merged.map(({ whole }) => whole))),
  };
}

/** What a merge is in a line, e.g. `svd of 3, rank 8, 4.21 % from the weighted sum`. */
export function mergeSummary({ kind }: MergeOptions, members: number, { rank, error }: MergedAdapter): string {
  return `${kind} of ${members}, rank ${rank}, ${(100 * error).toPrecision(3)} % from the weighted sum`;
}

function partsByPath(
  sources: readonly LoraSource[],
  members: readonly MergeMember[],
  at: string,
): Map<string, WeightedModule[]> {
  const parts = new Map<string, WeightedModule[]>();
  sources.forEach(({ modules }, member) => {
    const { weight: own, weightAt } = members[member]!;
    if (own === 0) return;
    for (const [path, module] of modules) {
      const weight = own * (weightAt?.(path) ?? 1);
      const others = parts.get(path) ?? [];
      if (others[0]) expectSame(others[0].module, module, `${at}.members[${member}]`, path);
      parts.set(path, [...others, { module, weight, member }]);
    }
  });
  const paths = [...parts.keys()];
  const shorter = paths.find((path) => paths.some((other) => other.endsWith(`.${path}`)));
  if (shorter !== undefined)
    throw new IncompatibleAdapterError(`${at}.members: expected members for one kind of model, got ${shorter} in two`, {
      param: `${at}.members`,
    });
  return parts;
}

function expectSame(one: LoraModule, other: LoraModule, at: string, path: string): void {
  if (one.in === other.in && one.out === other.out && one.isEmbedding === other.isEmbedding) return;
  const rule = `${at}: ${path}: expected [${one.out}, ${one.in}] as in the members before`;
  throw new IncompatibleAdapterError(`${rule}, got [${other.out}, ${other.in}]`, { param: at });
}

function headOf(sources: readonly LoraSource[], choice: MergeOptions['head'], at: string): LoraSource | undefined {
  if (choice === 'none') return undefined;
  const withHead = sources.filter(({ saved }) => saved.size > 0);
  if (choice === undefined && withHead.length <= 1) return withHead[0];
  const chosen = choice === undefined ? undefined : sources[choice];
  if (chosen && chosen.saved.size > 0) return chosen;
  const rule = `expected the place of a member with a head, or none, where ${withHead.length} of them have one`;
  throw invalidComposition(`${at}.head`, `${rule}, got ${choice ?? 'nothing'}`);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function relative(lost: number, whole: number): number {
  return whole === 0 ? 0 : Math.sqrt(lost / whole);
}
