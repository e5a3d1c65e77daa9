import type { StackedParameter } from '../step/run-model.js';
import type { Trainable } from '../trainable.js';

/**
 * Which layers a step trains, for methods that unfreeze: from a layer on, −1 for all. Layers only ever join.
 */
export class Stages {
  constructor(
    private readonly trainable: Pick<Trainable, 'trainsFrom'>,
    private readonly totalSteps: number,
  ) {}

  /** @param step  from 0 */
  lowestAt(step: number): number {
    return this.trainable.trainsFrom?.(step, this.totalSteps) ?? -1;
  }

  /** The step at which a layer begins to train, or nothing when it does so after `step`. */
  since(layer: number, step: number): number | undefined {
    if (this.lowestAt(step) > layer) return undefined;
    let [early, late] = [0, step]; // layers join once, so the first such step is found by halving
    while (early < late) {
      const middle = Math.floor((early + late) / 2);
      if (this.lowestAt(middle) > layer) early = middle + 1;
      else late = middle;
    }
    return early;
  }

  /** When each parameter began, for the program of the stage that `step` is in. */
  sinceAt(step: number): (parameter: Pick<StackedParameter, 'layer'>) => number | undefined {
    return ({ layer }) => this.since(layer, step);
  }
}
