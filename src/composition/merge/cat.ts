import type { Ranks } from './factors.js';
import type { LoraModule } from './lora-source.js';
import { transposed } from './singular-values.js';

/** One module of one member, with the member's weight. */
export interface WeightedModule {
  readonly module: LoraModule;
  readonly weight: number;
  /** The place of the member among those given. */
  readonly member: number;
}

/**
 * Σ wᵢ · sᵢ · Bᵢ · Aᵢ as one low-rank update: the ranks of all side by side, wᵢ · sᵢ folded into A. Exact, for any ranks
 * and signs; the rank is the sum of the ranks. What a weighted sum serves.
 */
export function concatenate(parts: readonly WeightedModule[]): Ranks {
  const [first] = parts as [WeightedModule];
  const rank = parts.reduce((sum, { module }) => sum + module.rank, 0);
  const [a, b] = [new Float64Array(rank * first.module.in), new Float64Array(rank * first.module.out)];
  let at = 0;
  for (const { module, weight } of parts) {
    a.set(
      Float64Array.from(module.a, (value) => value * weight * module.scale),
      at * module.in,
    );
    b.set(transposed(Float64Array.from(module.b), module.out, module.rank), at * module.out);
    at += module.rank;
  }
  return { rank, a, b };
}
