import { pagesOf } from '../adapters/rows/selection.js';
import { ValidationError } from '../common/errors.js';
import { maxTokens, type EncoderConfig } from '../models/encoder-config.js';
import type { PlannedRow } from './batch-layout.js';
import type { Row } from './protocol.js';

/**
 * Checks one row before its batch is run, so that nothing is computed for a batch that cannot be answered.
 *
 * @throws ValidationError  when the row is empty, longer than the position table allows with its virtual tokens, has an id
 *   outside the tables, or asks for the logits of a position that it has not
 */
export function checkRow({ row, selection }: PlannedRow, config: EncoderConfig): void {
  const virtual = pagesOf(selection, 'prompt').length + pagesOf(selection, 'prefix').length;
  const { inputIds, task } = row;
  const limit = maxTokens(config);
  if (inputIds.length === 0) throw new ValidationError('row: inputIds: expected at least one token, got none');
  if (inputIds.length + virtual > limit)
    throw new ValidationError(
      `row: expected at most ${limit} tokens, got ${inputIds.length} and ${virtual} virtual ones`,
      { code: 'context_length_exceeded' },
    );
  checkIds('inputIds', inputIds, config.vocab);
  checkTokenTypes(row, config);
  if (task.kind !== 'masked_lm') return;
  const outside = task.positions.find((at) => !Number.isInteger(at) || at < 0 || at >= inputIds.length);
  if (outside !== undefined)
    throw new ValidationError(`row: positions: expected numbers below ${inputIds.length}, got ${outside}`);
}

function checkTokenTypes({ inputIds, tokenTypeIds }: Row, config: EncoderConfig): void {
  if (!tokenTypeIds) return;
  if (tokenTypeIds.length !== inputIds.length)
    throw new ValidationError(`row: tokenTypeIds: expected ${inputIds.length} ids, got ${tokenTypeIds.length}`);
  checkIds('tokenTypeIds', tokenTypeIds, Math.max(config.tokenTypes, 1));
}

function checkIds(name: string, ids: Int32Array, rows: number): void {
  const outside = ids.find((id) => id < 0 || id >= rows);
  if (outside !== undefined)
    throw new ValidationError(`row: ${name}: expected ids from 0 to ${rows - 1}, got ${outside}`);
}
