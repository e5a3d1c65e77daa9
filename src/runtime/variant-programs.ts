import { extraChannels, joinVariants, widen } from '../adapters/rows/variant-cover.js';
import { graphKey, type Variant } from '../adapters/rows/variant.js';
import type { Program } from '../engine/executors/executor.js';
import { ProgramCache } from './program-cache.js';

export interface VariantProgram {
  /** The variant asked for, or a wider one that covers it. */
  readonly variant: Variant;
  readonly program: Program;
}

export interface VariantProgramsOptions {
  /** Programs kept. */
  readonly limit: number;
  readonly compile: (variant: Variant) => Promise<Program>;
}

/** A covered variant is compiled for itself at this batch while there is room, and after so many when there is none. */
const COMPILE_AT = { room: 2, full: 200 };
const COUNTED_VARIANTS = 1000;

/**
 * Programs for variants. Compiling takes as long as several batches, and tenants mix adapters in more ways than can be
 * kept; so a batch may run on a program that computes more than it needs, its rows reading identities there.
 *
 * The program of the very variant comes first, then the one with the fewest extra channels. A variant that comes again
 * gets its own. When none covers it and no room is left, the variant that covers all held ones is compiled, so that mixes
 * without end do not compile without end.
 */
export class VariantPrograms {
  private readonly programs: ProgramCache;
  private readonly variants = new Map<string, Variant>();
  private readonly timesCovered = new Map<string, number>();

  constructor(private readonly options: VariantProgramsOptions) {
    this.programs = new ProgramCache(options.limit);
  }

  get size(): number {
    return this.programs.size;
  }

  async get(wanted: Variant): Promise<VariantProgram> {
    const variant = this.choose(wanted);
    const key = graphKey(variant);
    const program = await this.programs.get(key, () => this.options.compile(variant));
    this.variants.set(key, variant);
    return { variant: widen(wanted, variant), program };
  }

  dispose(): Promise<void> {
    return this.programs.dispose();
  }

  private choose(wanted: Variant): Variant {
    const key = graphKey(wanted);
    if (this.programs.has(key)) return wanted;
    const held = this.heldVariants();
    const isFull = held.length >= this.options.limit;
    const cover = leastCover(held, wanted);
    if (!cover) return isFull ? joinVariants([wanted, ...held]) : wanted;
    const times = (this.timesCovered.get(key) ?? 0) + 1;
    if (this.timesCovered.size >= COUNTED_VARIANTS) this.timesCovered.clear();
    this.timesCovered.set(key, times);
    if (times < (isFull ? COMPILE_AT.full : COMPILE_AT.room)) return cover;
    this.timesCovered.delete(key);
    return wanted;
  }

  private heldVariants(): Variant[] {
    for (const key of this.variants.keys()) if (!this.programs.has(key)) this.variants.delete(key);
    return [...this.variants.values()];
  }
}

function leastCover(held: readonly Variant[], wanted: Variant): Variant | undefined {
  let best: { variant: Variant; extra: number } | undefined;
  for (const variant of held) {
    const extra = extraChannels(variant, wanted);
    if (extra !== undefined && (!best || extra < best.extra)) best = { variant, extra };
  }
  return best?.variant;
}
