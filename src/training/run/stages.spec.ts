import { describe, expect, it } from 'vitest';
import { Stages } from './stages.js';

/** Two layers: head alone, then layer 1 from step 3, layer 0 from 5, embeddings from 9. */
const trainsFrom = (step: number) => (step >= 9 ? -1 : step >= 5 ? 0 : step >= 3 ? 1 : 2);

describe('Stages', () => {
  it('knows when each layer began to train', () => {
    const stages = new Stages({ trainsFrom }, 20);
    expect([0, 2, 3, 5, 9, 19].map((step) => stages.lowestAt(step))).toEqual([2, 2, 1, 0, -1, -1]);
    expect([2, 1, 0, -1].map((layer) => stages.since(layer, 19))).toEqual([0, 3, 5, 9]);
    expect([2, 1, 0, -1].map((layer) => stages.since(layer, 4))).toEqual([0, 3, undefined, undefined]);
  });

  it('trains everything from the start without a schedule', () => {
    const stages = new Stages({}, 20);
    expect(stages.since(-1, 0)).toBe(0);
  });
});
