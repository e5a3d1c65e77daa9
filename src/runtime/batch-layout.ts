import { pagesOf, type Selection } from '../adapters/rows/selection.js';
import type { Variant } from '../adapters/rows/variant.js';
import { tensor, type Tensor } from '../engine/tensor.js';
import type { EncoderConfig } from '../models/encoder-config.js';
import { positionIds } from '../models/position-ids.js';
import type { Row } from './protocol.js';

/** A row and the pages it uses. */
export interface PlannedRow {
  readonly row: Row;
  readonly selection: Selection;
}

/** Where the real tokens of a row lie: after its virtual prompt tokens, before its padding. */
export interface RowSpan {
  readonly start: number;
  readonly length: number;
}

export interface Layout {
  /** Length of every row with virtual tokens and padding. */
  readonly seq: number;
  readonly spans: readonly RowSpan[];
  /** `input_ids`, `position_ids`, `attention_mask`, `token_type_ids`, and `prompt.ids` where needed, int32 [batch, seq]. */
  readonly feeds: Readonly<Record<string, Tensor>>;
}

/**
 * Lays the rows of a batch out as [virtual prompt tokens][real tokens][padding]. Positions follow the family's rule and
 * move up by a row's prefix; virtual tokens have token type 0, as in PEFT. The rows have been checked (check-row.ts).
 */
export function layOut(rows: readonly PlannedRow[], config: EncoderConfig, variant: Variant): Layout {
  const prompts = rows.map(({ selection }) => pagesOf(selection, 'prompt'));
  const spans = rows.map(({ row }, index) => ({ start: prompts[index]?.length ?? 0, length: row.inputIds.length }));
  const seq = Math.max(...spans.map(({ start, length }) => start + length));
  const sheet = (): Int32Array => new Int32Array(rows.length * seq);
  const inputIds = sheet().fill(config.padTokenId);
  const positions = sheet();
  const types = sheet();
  const mask = sheet();
  const promptIds = sheet();
  for (const [index, { row, selection }] of rows.entries()) {
    const { start, length } = spans[index] as RowSpan;
    const prefix = pagesOf(selection, 'prefix').length;
    const at = index * seq;
    inputIds.set(row.inputIds, at + start);
    positions.set(positionIds(config, row.inputIds, { promptTokens: start, prefixTokens: prefix }), at);
    if (row.tokenTypeIds) types.set(row.tokenTypeIds, at + start);
    mask.fill(1, at, at + start + length);
    promptIds.set(prompts[index] ?? [], at);
  }
  const shape = [rows.length, seq];
  return {
    seq,
    spans,
    feeds: {
      input_ids: tensor('int32', shape, inputIds),
      position_ids: tensor('int32', shape, positions),
      attention_mask: tensor('int32', shape, mask),
      ...(config.tokenTypes > 0 && { token_type_ids: tensor('int32', shape, types) }),
      ...(variant.uses.has('prompt') && { 'prompt.ids': tensor('int32', shape, promptIds) }),
    },
  };
}
