import { dim } from '../../engine/dim.js';
import type { Graph, Value } from '../../engine/graph.js';
import { cast } from '../../engine/ops/cast.js';
import { mul } from '../../engine/ops/mul.js';
import { evaluateDim } from '../../engine/dim.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import { Random } from '../../common/random.js';

export type DropoutKind = 'adapter' | 'hidden' | 'head';
export type DropoutShares = Readonly<Record<DropoutKind, number>>;

/** A mask that the graph reads: uint8 of the shape of what is dropped, 0 where it is. */
export interface DropoutMask {
  readonly input: string;
  readonly share: number;
  readonly shape: Value['shape'];
}

const LEVELS = 256;

/** The share that is really dropped: a mask costs 8 random bits an element, so shares are multiples of 1/256. */
export function droppedLevels(share: number): number {
  return Math.round(share * LEVELS);
}

/**
 * Inverted dropout with masks that are graph inputs: x · mask / (1 − p). The masks come from a seeded stream, so a step
 * computed again, in a checkpointed segment or after a restart, drops the same elements.
 *
 * Srivastava et al. 2014, "Dropout: A Simple Way to Prevent Neural Networks from Overfitting", JMLR 15.
 */
export class Dropout {
  readonly masks: DropoutMask[] = [];

  constructor(
    private readonly graph: Graph,
    private readonly shares: DropoutShares,
  ) {}

  /** @param place  a name of the place, the same in every graph */
  drop(kind: DropoutKind, place: string, x: Value): Value {
    const levels = droppedLevels(this.shares[kind]);
    if (levels === 0) return x;
    const input = `dropout.${place}`;
    const mask = this.graph.input(input, 'uint8', x.shape);
    this.masks.push({ input, share: levels / LEVELS, shape: x.shape });
    return mul(x, mul(cast(mask, 'float32'), this.graph.scalar(LEVELS / (LEVELS - levels))));
  }
}

export const NO_DROPOUT: DropoutShares = { adapter: 0, hidden: 0, head: 0 };

/** The masks of one part of a step. Each place has a stream of its own, by seed, step and part. */
export function dropoutFeeds(
  masks: readonly DropoutMask[],
  { seed, step, part }: { readonly seed: number; readonly step: number; readonly part: number },
  sizes: Readonly<Record<string, number>>,
): Record<string, Tensor> {
  return Object.fromEntries(
    masks.map(({ input, share, shape }): [string, Tensor] => {
      const full = shape.map((size) => evaluateDim(size, sizes));
      const random = Random.stream(seed, 'dropout', step, part, input);
      return [
        input,
        tensor(
          'uint8',
          full,
          keptMask(
            random,
            full.reduce((a, b) => a * b, 1),
            share * LEVELS,
          ),
        ),
      ];
    }),
  );
}

/** 1 where a random byte reaches `levels`. Four elements for each 32 random bits. */
function keptMask(random: Random, size: number, levels: number): Uint8Array {
  const mask = new Uint8Array(size);
  for (let at = 0; at < size; at += 4) {
    const bits = random.next();
    for (let i = at; i < Math.min(at + 4, size); i++) mask[i] = ((bits >>> (8 * (i - at))) & 255) >= levels ? 1 : 0;
  }
  return mask;
}

/** Names of the symbolic sizes of every training graph. */
export const BATCH = dim('batch');
export const SEQ = dim('seq');
