import { describe, expect, it } from 'vitest';
import { adapterBase } from '../../test/support/adapter-base.js';
import { bottleneckTensors, hubAdapter, hubHead } from '../../test/support/hub-adapter.js';
import { randomTensors } from '../../test/support/peft-adapter.js';
import { importAdapter } from './import.js';

const base = adapterBase();
const CONFIG = {
  mh_adapter: false,
  output_adapter: true,
  reduction_factor: 4,
  non_linearity: 'relu',
  original_ln_before: true,
};
const TENSORS = bottleneckTensors(['bert.encoder.layer.0.output', 'bert.encoder.layer.1.output'], 3);
const FLEX = {
  head_type: 'classification',
  num_labels: 2,
  layers: 2,
  activation_function: 'tanh',
  use_pooler: false,
  bias: true,
};

function withModule(config: Record<string, unknown>, shapes: Record<string, readonly number[]>) {
  const head = { config: { name: 'topics', config: { ...FLEX, ...config } }, tensors: randomTensors(shapes) };
  return hubAdapter({ config: CONFIG, tensors: TENSORS, head });
}

const dense = (index: number, outputs = 12) => ({
  [`heads.topics.${index}.weight`]: [outputs, 12],
  [`heads.topics.${index}.bias`]: [outputs],
});

describe('a head module of AdapterHub', () => {
  it('of two layers is a dense layer and an output on the first position', () => {
    const { brick, task, labels } = importAdapter(
      withModule({ label2id: { b: 1, a: 0 } }, { ...dense(1), ...dense(4, 2) }),
      base,
    );
    expect(brick.head).toMatchObject({ kind: 'sequence', activation: 'tanh' });
    expect(brick.head?.kind === 'sequence' && brick.head.out.weight.shape).toEqual([2, 12]);
    expect([task, labels]).toEqual(['sequence_classification', { labels: ['a', 'b'], problem: 'single' }]);
  });

  it('without an activation numbers its layers otherwise', () => {
    const { brick } = importAdapter(withModule({ activation_function: null }, { ...dense(1), ...dense(3, 2) }), base);
    expect(brick.head).toMatchObject({ kind: 'sequence', activation: 'identity' });
  });

  it('of one layer leaves the first position as it is, or takes the pooler', () => {
    const plain = importAdapter(withModule({ layers: 1 }, dense(1, 2)), base).brick.head;
    expect(plain).toMatchObject({ kind: 'sequence', activation: 'identity' });
    expect(plain?.kind === 'sequence' && [...plain.dense.weight.data.subarray(0, 14)]).toEqual([
      1,
      ...new Array<number>(12).fill(0),
      1,
    ]);
    const pooled = importAdapter(withModule({ layers: 1, use_pooler: true }, dense(1, 2)), base).brick.head;
    expect(pooled?.kind === 'sequence' && pooled.dense).toBe(base.pooler!.dense);
  });

  it('for tagging answers every position, for several labels a sigmoid each', () => {
    const tagging = importAdapter(withModule({ head_type: 'tagging', layers: 1 }, dense(1, 2)), base);
    expect([tagging.task, tagging.brick.head?.kind]).toEqual(['token_classification', 'token']);
    const multi = importAdapter(
      withModule({ head_type: 'multilabel_classification' }, { ...dense(1), ...dense(4, 2) }),
      base,
    );
    expect(multi.labels?.problem).toBe('multi');
  });

  it.each([
    ['another kind', { head_type: 'question_answering' }, dense(1, 2), 'head_type: must be one of classification'],
    ['three layers', { layers: 3 }, dense(1), 'layers: must be 1, or 2 without use_pooler, got 3'],
    ['two layers on the pooler', { use_pooler: true }, dense(1), 'layers: must be 1, or 2 without use_pooler, got 2'],
    ['two layers for tagging', { head_type: 'tagging' }, dense(1), 'layers: must be 1 for a tagging head, got 2'],
    ['a layer that is missing', {}, dense(1), 'heads.topics.4.weight: must be in the head'],
    [
      'a layer too many',
      { layers: 1 },
      { ...dense(1, 2), ...dense(4, 2) },
      'head: every tensor must belong to heads.topics',
    ],
    [
      'another count of labels',
      { num_labels: 3 },
      { ...dense(1), ...dense(4, 2) },
      'heads.topics.4.weight: shape must be [3, 12], got [2, 12]',
    ],
    ['a key nobody knows', { depth: 1 }, dense(1), 'depth (unknown key'],
  ])('is refused with %s', (_name, config, shapes, message) => {
    expect(() => importAdapter(withModule(config, shapes), base)).toThrow(message);
  });
});

describe('a model’s own head saved beside an adapter', () => {
  it('must have as many outputs as it says', () => {
    const head = hubHead();
    const files = hubAdapter({
      config: CONFIG,
      tensors: TENSORS,
      head: { ...head, config: { ...head.config, num_labels: 5 } },
    });
    expect(() => importAdapter(files, base)).toThrow("num_labels: must be the head's 2 outputs, got 5");
  });

  it('may be absent where the base has one', () => {
    const { brick, labels } = importAdapter(hubAdapter({ config: CONFIG, tensors: TENSORS }), base);
    expect(brick.head).toBeUndefined();
    expect(labels).toEqual(base.labels);
    expect(() => importAdapter(hubAdapter({ config: CONFIG, tensors: TENSORS }), adapterBase({ heads: [] }))).toThrow(
      'head: a sequence_classification adapter must bring its head or find it in the base',
    );
  });
});
