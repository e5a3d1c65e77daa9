import { describe, expect, it } from 'vitest';
import { randomBase } from '../../test/support/random-base.js';
import { firstPages, selectionOf } from '../../test/support/selection.js';
import { variantOf } from '../adapters/rows/variant.js';
import { layOut, type PlannedRow } from './batch-layout.js';
import type { Row } from './protocol.js';

const bert = randomBase();
const roberta = randomBase({ modelType: 'roberta' });

function planned(ids: number[], tokens: { prompt?: number; prefix?: number } = {}, row: Partial<Row> = {}): PlannedRow {
  const { prompt = 0, prefix = 0 } = tokens;
  const selection = selectionOf(bert.sites, {
    ...(prompt > 0 && { prompt: firstPages(prompt) }),
    ...(prefix > 0 && { prefix: firstPages(prefix) }),
  });
  const inputIds = Int32Array.from(ids);
  return { row: { inputIds, bricks: [], heads: ['base'], task: { kind: 'hidden' }, ...row }, selection };
}

function layoutOf(rows: PlannedRow[], { config } = bert) {
  const layout = layOut(rows, config, variantOf(rows.map(({ selection }) => selection)));
  const feeds = Object.fromEntries(Object.entries(layout.feeds).map(([name, { data }]) => [name, [...data]]));
  return { ...layout, feeds };
}

describe('layOut', () => {
  it('pads on the right', () => {
    const { feeds, seq, spans } = layoutOf([planned([5, 6, 7]), planned([8])]);
    expect(seq).toBe(3);
    expect(spans).toEqual([
      { start: 0, length: 3 },
      { start: 0, length: 1 },
    ]);
    expect(feeds).toEqual({
      input_ids: [5, 6, 7, 8, 0, 0],
      position_ids: [0, 1, 2, 0, 0, 0],
      attention_mask: [1, 1, 1, 1, 0, 0],
      token_type_ids: [0, 0, 0, 0, 0, 0],
    });
  });

  it('puts virtual tokens first, with token type 0 and positions of their own', () => {
    const types = Int32Array.of(1, 1);
    const { feeds, spans } = layoutOf([planned([5, 6], { prompt: 2 }, { tokenTypeIds: types }), planned([7, 8, 9])]);
    expect(spans[0]).toEqual({ start: 2, length: 2 });
    expect(feeds['input_ids']).toEqual([0, 0, 5, 6, 7, 8, 9, 0]);
    expect(feeds['prompt.ids']).toEqual([1, 2, 0, 0, 0, 0, 0, 0]);
    expect(feeds['position_ids']!.slice(0, 4)).toEqual([0, 1, 2, 3]);
    expect(feeds['token_type_ids']).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
    expect(feeds['attention_mask']).toEqual([1, 1, 1, 1, 1, 1, 1, 0]);
  });

  it('moves positions up by a prefix, whatever the neighbour has', () => {
    const { feeds } = layoutOf([planned([5, 6], { prefix: 3 }), planned([7, 8])]);
    expect(feeds['position_ids']).toEqual([3, 4, 0, 1]);
  });

  it('counts RoBERTa positions from the padding id on', () => {
    const { feeds } = layoutOf([planned([5, 6, 7], { prefix: 2 }), planned([5, 1, 7])], roberta);
    expect(feeds['position_ids']).toEqual([4, 5, 6, 2, 1, 3]);
  });
});
