import { describe, expect, it } from 'vitest';
import { adapterBase } from '../../../test/support/adapter-base.js';
import { baseLayer, denseLayer, distance, matrix, multiply, plus } from '../../../test/support/dense-brick.js';
import {
  importTwice,
  loraAdapter,
  peftAdapter,
  QUERY,
  QUERY_SITE,
  randomTensors,
  bertHead,
} from '../../../test/support/peft-adapter.js';
import { importAdapter } from '../import.js';

const base = adapterBase();

function doraFiles(config: Record<string, unknown> = {}) {
  const extra = randomTensors(
    { [`${QUERY(0)}.lora_magnitude_vector`]: [12], [`${QUERY(1)}.lora_magnitude_vector`]: [12] },
    9,
  );
  const held: Record<string, { data: Float32Array }> = {};
  const files = loraAdapter({ use_dora: true, ...config }, (tensors) =>
    Object.assign(held, Object.assign(tensors, extra)),
  );
  return { files, held };
}

describe('dora', () => {
  it.each([
    ['α/r', {}, 2],
    ['α/√r', { use_rslora: true }, 4],
  ])('is m/‖W + s·B·A‖ ⊙ (W + s·B·A) with the bias untouched, s = %s', (_name, config, scale) => {
    const { files, held } = doraFiles(config);
    const { first, again } = importTwice(files, base);
    const own = baseLayer(base, QUERY_SITE(1));
    const a = matrix(held[`${QUERY(1)}.lora_A.weight`]!.data, 4, 12);
    const b = matrix(held[`${QUERY(1)}.lora_B.weight`]!.data, 12, 4);
    const merged = plus(own.weight, multiply(b, a), scale);
    const m = held[`${QUERY(1)}.lora_magnitude_vector`]!.data;
    const expected = merged.map((row, out) => row.map((value) => (value * m[out]!) / Math.hypot(...row)));
    const got = denseLayer(base, first.brick, QUERY_SITE(1));
    expect(distance(got.weight, expected)).toBeLessThan(1e-6);
    expect(got.bias).toEqual(own.bias);
    expect(again.brick).toEqual(first.brick);
  });

  it('is refused on an embedding table, whose columns it would scale', () => {
    const table = 'base_model.model.bert.embeddings.word_embeddings';
    const tensors = randomTensors({
      [`${table}.lora_embedding_A`]: [4, base.config.vocab],
      [`${table}.lora_embedding_B`]: [12, 4],
      [`${table}.lora_magnitude_vector`]: [12],
      ...bertHead(),
    });
    const config = {
      peft_type: 'LORA',
      task_type: 'SEQ_CLS',
      r: 4,
      use_dora: true,
      target_modules: ['word_embeddings'],
    };
    expect(() => importAdapter(peftAdapter(config, tensors), base)).toThrow(
      'DoRA must be on a linear layer, got an embedding table',
    );
  });
});
