import { describe, expect, it } from 'vitest';
import { adapterBase } from '../../../test/support/adapter-base.js';
import {
  baseLayer,
  denseLayer,
  distance,
  matrix,
  multiply,
  plus,
  tableChange,
  transpose,
} from '../../../test/support/dense-brick.js';
import {
  bertHead,
  importTwice,
  loraAdapter,
  ones,
  peftAdapter,
  QUERY,
  QUERY_SITE,
  randomTensors,
} from '../../../test/support/peft-adapter.js';
import { importAdapter } from '../import.js';

const base = adapterBase();
const LORA = { peft_type: 'LORA', task_type: 'SEQ_CLS', r: 4, lora_alpha: 8, target_modules: ['query'] };

/** s·B·A of the tensors of one module. */
function delta(
  tensors: Record<string, { data: Float32Array; shape: readonly number[] }>,
  module: string,
  scale: number,
): number[][] {
  const [a, b] = [tensors[`${module}.lora_A.weight`]!, tensors[`${module}.lora_B.weight`]!];
  const product = multiply(matrix(b.data, b.shape[0]!, b.shape[1]!), matrix(a.data, a.shape[0]!, a.shape[1]!));
  return product.map((row) => row.map((value) => value * scale));
}

describe('lora', () => {
  it.each([
    ['α/r', {}, 2],
    ['α/√r with use_rslora', { use_rslora: true }, 4],
    ['another α', { lora_alpha: 3 }, 0.75],
    ['alpha_pattern', { alpha_pattern: { 'self.query': 6 } }, 1.5],
    ['the first pattern that matches', { alpha_pattern: { 'layer.*query': 4, query: 100 } }, 1],
    ['a pattern that matches no module', { alpha_pattern: { uery: 100 } }, 2],
  ])('adds s·B·A with s by %s', (_name, config, scale) => {
    const tensors = randomTensors({
      [`${QUERY(0)}.lora_A.weight`]: [4, 12],
      [`${QUERY(0)}.lora_B.weight`]: [12, 4],
      [`${QUERY(1)}.lora_A.weight`]: [4, 12],
      [`${QUERY(1)}.lora_B.weight`]: [12, 4],
      ...bertHead(),
    });
    const { first, again } = importTwice(peftAdapter({ ...LORA, ...config }, tensors), base);
    for (const layer of [0, 1]) {
      const expected = plus(baseLayer(base, QUERY_SITE(layer)).weight, delta(tensors, QUERY(layer), scale));
      expect(distance(denseLayer(base, first.brick, QUERY_SITE(layer)).weight, expected)).toBeLessThan(1e-6);
    }
    expect(again.brick).toEqual(first.brick);
    expect(Object.keys(first.brick.lowRank)).toEqual(['query']);
    expect(first.brick.vectors).toEqual({});
  });

  it('gives each module the rank and alpha of its pattern and keeps the global alpha beside a rank', () => {
    const value = (layer: number) => `base_model.model.bert.encoder.layer.${layer}.attention.self.value`;
    const tensors = randomTensors({
      [`${QUERY(0)}.lora_A.weight`]: [11, 12],
      [`${QUERY(0)}.lora_B.weight`]: [12, 11],
      [`${QUERY(1)}.lora_A.weight`]: [1, 12],
      [`${QUERY(1)}.lora_B.weight`]: [12, 1],
      ...Object.fromEntries(
        [0, 1].flatMap((layer) => [
          [`${value(layer)}.lora_A.weight`, [4, 12]],
          [`${value(layer)}.lora_B.weight`, [12, 4]],
        ]),
      ),
      ...bertHead(),
    });
    const config = {
      ...LORA,
      target_modules: ['query', 'value'],
      rank_pattern: { 'layer.0.*query': 11, query: 1 },
      alpha_pattern: { value: 2 },
    };
    const { brick, report } = importAdapter(peftAdapter(config, tensors), base);
    expect(report.ranks).toEqual([1, 4, 11]);
    expect([brick.lowRank.query?.pages, brick.lowRank.value?.pages]).toEqual([2, 1]);
    for (const [module, site, scale] of [
      [QUERY(0), QUERY_SITE(0), 8 / 11],
      [QUERY(1), QUERY_SITE(1), 8],
      [value(1), 'encoder.layer.1.attention.self.value', 0.5],
    ] as const) {
      const expected = plus(baseLayer(base, site).weight, delta(tensors, module, scale));
      expect(distance(denseLayer(base, brick, site).weight, expected)).toBeLessThan(1e-6);
    }
  });

  it('keeps no more ranks than the layer is wide', () => {
    const tensors = randomTensors({
      [`${QUERY(0)}.lora_A.weight`]: [40, 12],
      [`${QUERY(0)}.lora_B.weight`]: [12, 40],
      [`${QUERY(1)}.lora_A.weight`]: [40, 12],
      [`${QUERY(1)}.lora_B.weight`]: [12, 40],
      ...bertHead(),
    });
    const { brick } = importAdapter(peftAdapter({ ...LORA, r: 40, lora_alpha: 40 }, tensors), base);
    expect(brick.lowRank.query?.pages).toBe(2);
    const expected = plus(baseLayer(base, QUERY_SITE(1)).weight, delta(tensors, QUERY(1), 1));
    expect(distance(denseLayer(base, brick, QUERY_SITE(1)).weight, expected)).toBeLessThan(1e-5);
  });

  it('is the base exactly where B is zero', () => {
    const files = loraAdapter({}, (tensors) => {
      for (const layer of [0, 1]) tensors[`${QUERY(layer)}.lora_B.weight`]!.data.fill(0);
    });
    const { brick } = importAdapter(files, base);
    expect(denseLayer(base, brick, QUERY_SITE(0))).toEqual(baseLayer(base, QUERY_SITE(0)));
  });

  it('scales lora_bias and adds it after the layer', () => {
    const bias = randomTensors({ [`${QUERY(0)}.lora_B.bias`]: [12], [`${QUERY(1)}.lora_B.bias`]: [12] });
    const { first, again } = importTwice(
      loraAdapter({ lora_bias: true }, (tensors) => Object.assign(tensors, bias)),
      base,
    );
    const own = baseLayer(base, QUERY_SITE(1)).bias;
    denseLayer(base, first.brick, QUERY_SITE(1)).bias.forEach((value, at) => {
      expect(value).toBeCloseTo(own[at]! + 2 * bias[`${QUERY(1)}.lora_B.bias`]!.data[at]!, 6);
    });
    expect(again.brick).toEqual(first.brick);
  });

  it('puts trained biases in the place of the base’s', () => {
    const names = [0, 1].map((layer) => `${QUERY(layer)}.base_layer.bias`);
    const trained = randomTensors(Object.fromEntries(names.map((name) => [name, [12]])));
    const { first, again } = importTwice(
      loraAdapter({ bias: 'lora_only' }, (tensors) => Object.assign(tensors, trained)),
      base,
    );
    denseLayer(base, first.brick, QUERY_SITE(0)).bias.forEach((value, at) => {
      expect(value).toBeCloseTo(trained[names[0]!]!.data[at]!, 6);
    });
    expect(again.brick).toEqual(first.brick);
    expect(again.digest).toBe(first.digest);
  });

  it('takes every bias of the trunk and the head with bias all', () => {
    const root = 'base_model.model.bert';
    const trained = randomTensors({
      [`${QUERY(0)}.base_layer.bias`]: [12],
      [`${root}.encoder.layer.0.output.dense.bias`]: [12],
      [`${root}.encoder.layer.1.output.LayerNorm.bias`]: [12],
      [`${root}.embeddings.LayerNorm.bias`]: [12],
      [`${root}.pooler.dense.bias`]: [12],
      'base_model.model.classifier.original_module.bias': [2],
    });
    const { brick } = importAdapter(
      loraAdapter({ bias: 'all' }, (tensors) => Object.assign(tensors, trained)),
      base,
    );
    expect(denseLayer(base, brick, 'encoder.layer.0.output.dense').bias[3]).toBeCloseTo(
      trained[`${root}.encoder.layer.0.output.dense.bias`]!.data[3]!,
      6,
    );
    const norm = 'encoder.layer.1.output.LayerNorm.bias';
    const at = 3 * 12 + 5; // attention 0, ffn 0, attention 1, ffn 1
    expect(brick.blockNorms!.bias[at]! + base.weights.get(norm)!.data[5]!).toBeCloseTo(
      trained[`${root}.${norm}`]!.data[5]!,
      6,
    );
    expect([...brick.blockNorms!.gain].every((value) => value === 0)).toBe(true);
    expect(brick.embeddingNorm!.bias).toHaveLength(12);
    expect(brick.head?.kind === 'sequence' && [...brick.head.dense.bias.data]).toEqual([
      ...trained[`${root}.pooler.dense.bias`]!.data,
    ]);
    expect(brick.head?.kind === 'sequence' && brick.head.dense.weight).toBe(base.pooler!.dense.weight);
  });

  it('adds s·(B·A)ᵀ to an embedding table', () => {
    const table = 'base_model.model.bert.embeddings.word_embeddings';
    const { vocab } = base.config;
    const tensors = randomTensors({
      [`${table}.lora_embedding_A`]: [4, vocab],
      [`${table}.lora_embedding_B`]: [12, 4],
      ...bertHead(),
    });
    const { first, again } = importTwice(peftAdapter({ ...LORA, target_modules: ['word_embeddings'] }, tensors), base);
    const a = matrix(tensors[`${table}.lora_embedding_A`]!.data, 4, vocab);
    const b = matrix(tensors[`${table}.lora_embedding_B`]!.data, 12, 4);
    const expected = transpose(multiply(b, a)).map((row) => row.map((value) => 2 * value));
    expect(distance(tableChange(first.brick, 'word', vocab, 12), expected)).toBeLessThan(1e-6);
    expect(again.brick).toEqual(first.brick);
  });

  it('merges LoRA on the pooler into the head', () => {
    const pooler = 'base_model.model.bert.pooler.dense';
    const tensors = randomTensors({
      [`${pooler}.lora_A.weight`]: [4, 12],
      [`${pooler}.lora_B.weight`]: [12, 4],
      ...bertHead(5),
    });
    const { brick, report } = importAdapter(peftAdapter({ ...LORA, target_modules: ['pooler.dense'] }, tensors), base);
    const expected = plus(matrix(base.pooler!.dense.weight.data, 12, 12), delta(tensors, pooler, 2));
    expect(
      brick.head?.kind === 'sequence' && distance(matrix(brick.head.dense.weight.data, 12, 12), expected),
    ).toBeLessThan(1e-6);
    expect(report.head).toEqual({ kind: 'sequence', outputs: 5 });
  });

  it('merges LoRA on the classifier of the base into a head of its own', () => {
    const tensors = randomTensors({
      'base_model.model.classifier.lora_A.weight': [4, 12],
      'base_model.model.classifier.lora_B.weight': [3, 4],
    });
    const config = { ...LORA, task_type: null, target_modules: ['classifier'] };
    const { brick } = importAdapter(peftAdapter(config, tensors), base, { task: 'sequence_classification' });
    const expected = plus(
      matrix(base.heads.sequence!.out.weight.data, 3, 12),
      delta(tensors, 'base_model.model.classifier', 2),
    );
    expect(
      brick.head?.kind === 'sequence' && distance(matrix(brick.head.out.weight.data, 3, 12), expected),
    ).toBeLessThan(1e-6);
    expect(brick.head?.kind === 'sequence' && brick.head.dense).toEqual(base.heads.sequence!.dense);
  });

  it('reads a bare model’s names, without the prefix of the trunk', () => {
    const bare = (layer: number) => `base_model.model.encoder.layer.${layer}.attention.self.query`;
    const tensors = randomTensors(
      Object.fromEntries(
        [0, 1].flatMap((layer) => [
          [`${bare(layer)}.lora_A.weight`, [4, 12]],
          [`${bare(layer)}.lora_B.weight`, [12, 4]],
        ]),
      ),
    );
    const { brick, task, labels } = importAdapter(
      peftAdapter({ ...LORA, task_type: 'FEATURE_EXTRACTION' }, tensors),
      base,
    );
    const expected = plus(baseLayer(base, QUERY_SITE(1)).weight, delta(tensors, bare(1), 2));
    expect(distance(denseLayer(base, brick, QUERY_SITE(1)).weight, expected)).toBeLessThan(1e-6);
    expect([task, labels, brick.head]).toEqual(['embedding', undefined, undefined]);
  });

  it.each([
    ['r of the tensors', { r: 8 }, undefined, 'shape must be [8, 12], got [4, 12]'],
    ['r that is no number', { r: '4' }, undefined, 'r: must be a number, got "4"'],
    [
      'a rank of zero',
      { rank_pattern: { query: 0 } },
      undefined,
      'rank_pattern: must be an integer of at least 1, got 0',
    ],
    [
      'alpha that is no number',
      { alpha_pattern: { query: 'x' } },
      undefined,
      'alpha_pattern: must hold numbers, got "x"',
    ],
    [
      'a module it does not target',
      { target_modules: ['value'] },
      undefined,
      'must name every module that the file adapts',
    ],
    [
      'a targeted module without tensors',
      { target_modules: ['query', 'value'] },
      undefined,
      'each named module must have its tensors',
    ],
    [
      'an excluded module',
      { exclude_modules: '.*layer\\.0.*' },
      undefined,
      'must name every module that the file adapts',
    ],
    [
      'a layer that is not to be transformed',
      { layers_to_transform: [0] },
      undefined,
      'encoder.layer.1.attention.self.query besides',
    ],
    ['lora_bias without its tensors', { lora_bias: true }, undefined, 'lora_B.bias: must be in the file'],
    ['use_dora without a magnitude', { use_dora: true }, undefined, 'lora_magnitude_vector: must be in the file'],
    ['an A without a B', {}, 'drop B', 'lora_B.weight: must be in the file, got nothing'],
    ['a lora_bias nobody asked for', {}, 'bias', 'lora_bias: must be true where the file holds'],
    ['a magnitude nobody asked for', {}, 'magnitude', 'use_dora: must be true where the file holds'],
    [
      'a matrix of the trunk saved whole',
      { modules_to_save: ['value'] },
      'whole',
      'a trunk matrix saved whole must equal the base',
    ],
    [
      'a saved module that is not there',
      { modules_to_save: ['pooler'] },
      undefined,
      'modules_to_save: the file must hold what',
    ],
    ['a bias that bias none does not ask for', {}, 'base bias', 'whole parameters must be asked for'],
  ])('refuses %s', (_name, config, edit, message) => {
    const files = loraAdapter(config, (tensors) => {
      if (edit === 'drop B') Reflect.deleteProperty(tensors, `${QUERY(0)}.lora_B.weight`);
      if (edit === 'bias') tensors[`${QUERY(0)}.lora_B.bias`] = ones(12);
      if (edit === 'magnitude') tensors[`${QUERY(0)}.lora_magnitude_vector`] = ones(12);
      if (edit === 'whole') tensors['base_model.model.bert.encoder.layer.0.attention.self.value.weight'] = ones(12, 12);
      if (edit === 'base bias') tensors[`${QUERY(0)}.base_layer.bias`] = ones(12);
    });
    expect(() => importAdapter(files, base)).toThrow(message);
  });
});
