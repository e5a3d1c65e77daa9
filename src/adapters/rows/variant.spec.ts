import { describe, expect, it } from 'vitest';
import { randomBase } from '../../../test/support/random-base.js';
import { selectionOf } from '../../../test/support/selection.js';
import type { PoolName } from './channel.js';
import { rowFeeds } from './row-feeds.js';
import type { Selection } from './selection.js';
import { graphKey, variantKey, variantOf } from './variant.js';

const { sites } = randomBase();

const selection = (lists: Partial<Record<PoolName, [number, number][]>>) => selectionOf(sites, lists);

const bare = selection({});
const lora = selection({
  'low_rank.value': [
    [1, 1],
    [2, 1],
    [3, 1],
  ],
  'low_rank.query': [[4, 1]],
});
const dora = selection({
  'low_rank.query': [
    [5, 1],
    [6, 1],
  ],
  'output_scale.query': [[2, 1]],
});
const halfDora = selection({
  'output_scale.query': [
    [2, 0.5],
    [0, 0.5],
  ],
});

describe('variantOf', () => {
  it('is the base for rows without bricks', () => {
    expect(variantKey(variantOf([bare, bare]))).toBe('base');
    expect(graphKey(variantOf([]))).toBe('base');
  });

  it('takes every channel of any row, the widest row deciding its bucket', () => {
    expect(variantKey(variantOf([bare, lora, dora]))).toBe(
      'low_rank.query:2@row low_rank.value:4@row output_scale.query:1',
    );
  });

  it('has one key whatever the order of rows', () => {
    expect(variantKey(variantOf([dora, lora]))).toBe(variantKey(variantOf([lora, bare, dora])));
  });

  it('gates vectors only where a weight needs it', () => {
    expect(variantKey(variantOf([dora, halfDora]))).toContain('output_scale.query:2@row');
    expect(variantKey(variantOf([halfDora, dora]))).toContain('output_scale.query:2@row');
  });

  it('shares a graph between page buckets', () => {
    const wider = selection({
      'low_rank.value': [[1, 1]],
      'low_rank.query': Array(9).fill([4, 1]) as [number, number][],
    });
    expect(variantKey(variantOf([wider]))).not.toBe(variantKey(variantOf([lora])));
    expect(graphKey(variantOf([wider]))).toBe(graphKey(variantOf([lora])));
  });

  it('gates low-rank pages by token on request', () => {
    expect(graphKey(variantOf([dora], { tokenGates: true }))).toBe('low_rank.query@token output_scale.query');
  });
});

describe('rowFeeds', () => {
  const feedsOf = (rows: Selection[], options = {}) =>
    rowFeeds(variantOf(rows, options), rows, { seq: 2, spans: rows.map(() => ({ start: 0, length: 2 })) });

  it('pads with page 0, which adds nothing', () => {
    const { 'low_rank.value.ids': ids, 'low_rank.value.gates': gates } = feedsOf([bare, lora]);
    expect([ids!.shape, [...ids!.data]]).toEqual([
      [2, 4],
      [0, 0, 0, 0, 1, 2, 3, 0],
    ]);
    expect([...gates!.data]).toEqual([0, 0, 0, 0, 1, 1, 1, 0]);
  });

  it('gives a row without a scale the identity with gate one', () => {
    const { 'output_scale.query.ids': ids, 'output_scale.query.gates': gates } = feedsOf([bare, halfDora]);
    expect([[...ids!.data], [...gates!.data]]).toEqual([
      [0, 0, 2, 0],
      [1, 0, 0.5, 0.5],
    ]);
  });

  it('feeds no gates where none are in the graph', () => {
    expect(Object.keys(feedsOf([bare, dora])).sort()).toEqual([
      'low_rank.query.gates',
      'low_rank.query.ids',
      'output_scale.query.ids',
    ]);
  });

  it('repeats the gates for every token', () => {
    const { 'low_rank.query.gates': gates } = feedsOf([dora, bare], { tokenGates: true });
    expect([gates!.shape, [...gates!.data]]).toEqual([
      [2, 2, 2],
      [1, 1, 1, 1, 0, 0, 0, 0],
    ]);
  });

  it('leaves prompts to the layout', () => {
    expect(
      feedsOf([
        selection({
          prompt: [
            [1, 1],
            [2, 1],
          ],
        }),
      ]),
    ).toEqual({});
  });
});
