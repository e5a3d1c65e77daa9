import { describe, expect, it } from 'vitest';
import { canonicalise, canonicalName } from './tensor-names.js';

const bert = { prefix: 'bert.' };

describe('canonicalName', () => {
  it.each([
    ['bert.encoder.layer.0.output.dense.weight', 'encoder.layer.0.output.dense.weight'],
    ['encoder.layer.0.output.dense.weight', 'encoder.layer.0.output.dense.weight'],
    ['bert.embeddings.LayerNorm.gamma', 'embeddings.LayerNorm.weight'],
    ['cls.predictions.transform.LayerNorm.beta', 'cls.predictions.transform.LayerNorm.bias'],
    ['bert.embeddings.position_ids', undefined],
    ['embeddings.token_type_ids', undefined],
  ])('%s → %s', (name, expected) => {
    expect(canonicalName(bert, name)).toBe(expected);
  });
});

it('canonicalise refuses two tensors of one name', () => {
  const tensors = new Map([
    ['bert.pooler.dense.bias', 1],
    ['pooler.dense.bias', 2],
  ]);
  expect(() => canonicalise(bert, tensors)).toThrow(
    'pooler.dense.bias: expected one tensor, got two: bert.pooler.dense.bias and pooler.dense.bias',
  );
});
