import { expect, it } from 'vitest';
import { adapterBase } from '../../test/support/adapter-base.js';
import { loraAdapter, peftAdapter, randomTensors } from '../../test/support/peft-adapter.js';
import { baseTensors, leaveToBase } from '../adapters/base-tensors.js';
import { importAdapter } from '../adapters/import.js';
import { brickBytes, packBrick, unpackBrick } from '../adapters/packed.js';
import { headBytes, ownHead } from './own-head.js';

const QUERY = 'base_model.model.bert.encoder.layer.0.attention.self.query';
const maskedLm = peftAdapter(
  {
    peft_type: 'LORA',
    r: 4,
    target_modules: '.*layer.0.*query',
    modules_to_save: ['transform.dense'],
    auto_mapping: { base_model_class: 'BertForMaskedLM' },
  },
  randomTensors({
    [`${QUERY}.lora_A.weight`]: [4, 12],
    [`${QUERY}.lora_B.weight`]: [12, 4],
    'base_model.model.cls.predictions.transform.dense.weight': [12, 12],
    'base_model.model.cls.predictions.transform.dense.bias': [12],
  }),
);

it.each([
  ['a classifier above the pooler', loraAdapter(), ['dense.weight', 'dense.bias']],
  ['a masked-language-model head', maskedLm, ['norm.gain', 'norm.bias', 'decoder.weight', 'decoder.bias']],
])('takes from the base what %s has of it, and packs the rest alone', (_name, files, places) => {
  const base = adapterBase();
  const { brick } = importAdapter(files, base);
  const left = leaveToBase(brick, baseTensors(base));
  expect(Object.keys(left.headFromBase ?? {})).toEqual(places);
  expect(packBrick(left).byteLength).toBeLessThan(packBrick(brick).byteLength);
  expect(brickBytes(left) - headBytes(left.head!)).toBe(brickBytes(brick) - headBytes(brick.head!));
  expect(unpackBrick(packBrick(left))).toEqual(left);
  expect(ownHead(unpackBrick(packBrick(left)), baseTensors(base))).toEqual(brick.head);
});

it('refuses a tensor that the base does not have', () => {
  const base = adapterBase();
  const left = leaveToBase(importAdapter(loraAdapter(), base).brick, baseTensors(base));
  expect(() => ownHead(left, new Map())).toThrow(
    'dense.weight: expected sequence.dense.weight in the base, got nothing',
  );
});

it('has no head where the brick has none', () => {
  expect(ownHead({ lowRank: {}, embeddings: [], vectors: {}, bottlenecks: [] }, new Map())).toBeUndefined();
});
