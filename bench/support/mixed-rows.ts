import type { Row } from '../../src/runtime/protocol.js';
import { SeededRandom } from '../../test/support/seeded-random.js';

/** MiniLM-L6, as `randomBase` takes it. */
export const SHAPE = { layers: 6, hidden: 384, heads: 12, ffn: 1536, vocab: 30_522, positions: 512 };

/** Rows of random tokens for their mean embedding; row i is answered by the brick `brickOf(i)`, or by the bare base. */
export function rowsOf(count: number, tokens: number, brickOf: (row: number) => string | undefined): Row[] {
  const random = new SeededRandom(count * tokens);
  return Array.from({ length: count }, (_, i) => {
    const id = brickOf(i);
    return {
      inputIds: Int32Array.from(random.floats(tokens, 0, SHAPE.vocab - 1)),
      bricks: id === undefined ? [] : [{ id, weight: 1 }],
      heads: ['base'],
      task: { kind: 'embedding', pooling: 'mean' },
    };
  });
}
