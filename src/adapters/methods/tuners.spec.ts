import { describe, expect, it } from 'vitest';
import { adapterBase } from '../../../test/support/adapter-base.js';
import {
  baseLayer,
  denseLayer,
  distance,
  identity,
  matrix,
  multiply,
  plus,
  transpose,
} from '../../../test/support/dense-brick.js';
import {
  bertHead,
  importTwice,
  ones,
  peftAdapter,
  QUERY,
  QUERY_SITE,
  randomTensors,
} from '../../../test/support/peft-adapter.js';
import { importAdapter } from '../import.js';

const base = adapterBase();
const SEQ = { task_type: 'SEQ_CLS', target_modules: ['query'] };

/** One set of tensors for the query projections of both layers. */
function onQueries(shapes: Record<string, readonly number[]>, seed = 5) {
  const entries = [0, 1].flatMap((layer) =>
    Object.entries(shapes).map(([name, shape]) => [`${QUERY(layer)}.${name}`, shape]),
  );
  return randomTensors({ ...(Object.fromEntries(entries) as typeof shapes), ...bertHead() }, seed);
}

const W = baseLayer(base, QUERY_SITE(1)).weight;
const data = (tensors: ReturnType<typeof onQueries>, name: string) => tensors[`${QUERY(1)}.${name}`]!.data;

describe('adalora', () => {
  const config = { ...SEQ, peft_type: 'ADALORA', init_r: 4, target_r: 2, lora_alpha: 8, total_step: 10 };

  it('adds α/(init_r + 1e-5) · B·diag(E)·A', () => {
    const tensors = onQueries({ lora_A: [4, 12], lora_B: [12, 4], lora_E: [4, 1] });
    const { first, again } = importTwice(peftAdapter(config, tensors), base);
    const scaled = matrix(data(tensors, 'lora_A'), 4, 12).map((row, r) =>
      row.map((value) => value * data(tensors, 'lora_E')[r]!),
    );
    const expected = plus(W, multiply(matrix(data(tensors, 'lora_B'), 12, 4), scaled), 8 / (4 + 1e-5));
    expect(distance(denseLayer(base, first.brick, QUERY_SITE(1)).weight, expected)).toBeLessThan(1e-6);
    expect(again.brick).toEqual(first.brick);
  });

  it('keeps the divisor of the start for the ranks that training left', () => {
    const tensors = { ...onQueries({ lora_A: [2, 12], lora_B: [12, 2], lora_E: [2, 1] }) };
    const pattern = Object.fromEntries(
      [0, 1].map((layer) => [`bert.${QUERY_SITE(layer)}.lora_E`, [true, false, false, true]]),
    );
    const { brick } = importAdapter(peftAdapter({ ...config, rank_pattern: pattern }, tensors), base);
    const scaled = matrix(data(tensors, 'lora_A'), 2, 12).map((row, r) =>
      row.map((value) => value * data(tensors, 'lora_E')[r]!),
    );
    const expected = plus(W, multiply(matrix(data(tensors, 'lora_B'), 12, 2), scaled), 8 / (4 + 1e-5));
    expect(distance(denseLayer(base, brick, QUERY_SITE(1)).weight, expected)).toBeLessThan(1e-6);
    expect(() => importAdapter(peftAdapter(config, tensors), base)).toThrow('shape must be [4, 12], got [2, 12]');
  });
});

describe('ia3', () => {
  it('scales the output with its bias, or the input of a feed-forward module', () => {
    const down = (layer: number) => `base_model.model.bert.encoder.layer.${layer}.output.dense`;
    const tensors = {
      ...onQueries({ ia3_l: [12, 1] }),
      ...randomTensors({ [`${down(0)}.ia3_l`]: [1, 20], [`${down(1)}.ia3_l`]: [1, 20] }, 8),
    };
    const config = {
      ...SEQ,
      peft_type: 'IA3',
      target_modules: '.*(query|layer\\.\\d\\.output\\.dense)',
      feedforward_modules: ['1.output.dense', '0.output.dense'],
    };
    const { first, again } = importTwice(peftAdapter(config, tensors), base);
    const l = data(tensors, 'ia3_l');
    const got = denseLayer(base, first.brick, QUERY_SITE(1));
    expect(
      distance(
        got.weight,
        W.map((row, out) => row.map((value) => value * l[out]!)),
      ),
    ).toBeLessThan(1e-6);
    baseLayer(base, QUERY_SITE(1)).bias.forEach((value, out) => expect(got.bias[out]).toBeCloseTo(value * l[out]!, 6));
    const module = 'encoder.layer.0.output.dense';
    const input = tensors[`${down(0)}.ia3_l`]!.data;
    const expected = baseLayer(base, module).weight.map((row) => row.map((value, at) => value * input[at]!));
    expect(distance(denseLayer(base, first.brick, module).weight, expected)).toBeLessThan(1e-6);
    expect(denseLayer(base, first.brick, module).bias).toEqual(baseLayer(base, module).bias);
    expect(again.brick).toEqual(first.brick);
  });

  it('refuses a vector that lies across', () => {
    const config = { ...SEQ, peft_type: 'IA3', feedforward_modules: [] };
    expect(() => importAdapter(peftAdapter(config, onQueries({ ia3_l: [1, 12] })), base)).toThrow(
      'must be among feedforward_modules',
    );
  });
});

describe('vera', () => {
  const config = { ...SEQ, peft_type: 'VERA', r: 6, save_projection: true };
  const shared = randomTensors({ 'base_model.vera_A': [6, 20], 'base_model.vera_B': [20, 6] }, 2);

  it('adds λ_b ⊙ B·(λ_d ⊙ A), the projections cut to the layer', () => {
    const tensors = { ...onQueries({ vera_lambda_d: [6], vera_lambda_b: [12] }), ...shared };
    const { first, again } = importTwice(peftAdapter(config, tensors), base);
    const [d, b] = [data(tensors, 'vera_lambda_d'), data(tensors, 'vera_lambda_b')];
    const low = matrix(shared['base_model.vera_A']!.data, 6, 20).map((row, r) =>
      row.slice(0, 12).map((value) => value * d[r]!),
    );
    const up = matrix(shared['base_model.vera_B']!.data, 20, 6)
      .slice(0, 12)
      .map((row, out) => row.map((value) => value * b[out]!));
    expect(distance(denseLayer(base, first.brick, QUERY_SITE(1)).weight, plus(W, multiply(up, low)))).toBeLessThan(
      1e-6,
    );
    expect(again.brick).toEqual(first.brick);
  });

  it('refuses projections that would have to be drawn', () => {
    const tensors = onQueries({ vera_lambda_d: [6], vera_lambda_b: [12] });
    expect(() => importAdapter(peftAdapter(config, tensors), base)).toThrow('base_model.vera_A: must be in the file');
    const drawn = peftAdapter({ ...config, save_projection: false }, { ...tensors, ...shared });
    expect(() => importAdapter(drawn, base)).toThrow('save_projection (the shared projections are drawn');
  });
});

describe('loha', () => {
  it.each([
    [3, 2],
    [5, 2],
  ])('is a product of rank r² at r = %i, or the whole ΔW where that is wider than the layer', (r, pages) => {
    const tensors = onQueries({ hada_w1_a: [12, r], hada_w1_b: [r, 12], hada_w2_a: [12, r], hada_w2_b: [r, 12] });
    const config = { ...SEQ, peft_type: 'LOHA', r, alpha: 6 };
    const { first, again } = importTwice(peftAdapter(config, tensors), base);
    const one = multiply(matrix(data(tensors, 'hada_w1_a'), 12, r), matrix(data(tensors, 'hada_w1_b'), r, 12));
    const two = multiply(matrix(data(tensors, 'hada_w2_a'), 12, r), matrix(data(tensors, 'hada_w2_b'), r, 12));
    const expected = plus(
      W,
      one.map((row, o) => row.map((value, i) => value * two[o]![i]!)),
      6 / r,
    );
    expect(distance(denseLayer(base, first.brick, QUERY_SITE(1)).weight, expected)).toBeLessThan(2e-6);
    expect(first.brick.lowRank.query?.pages).toBe(pages);
    expect(again.brick).toEqual(first.brick);
  });
});

describe('hra', () => {
  const chain = (vectors: number[][]): number[][] =>
    vectors.reduce((product, u) => {
      const length = Math.hypot(...u);
      const unit = u.map((value) => value / length);
      const reflection = identity(12).map((row, i) => row.map((value, j) => value - 2 * unit[i]! * unit[j]!));
      return multiply(product, reflection);
    }, identity(12));

  it('is W times a chain of reflections', () => {
    const tensors = onQueries({ hra_u: [12, 4] });
    const { first, again } = importTwice(peftAdapter({ ...SEQ, peft_type: 'HRA', r: 4 }, tensors), base);
    const columns = transpose(matrix(data(tensors, 'hra_u'), 12, 4));
    const got = denseLayer(base, first.brick, QUERY_SITE(1));
    expect(distance(got.weight, multiply(W, chain(columns)))).toBeLessThan(1e-6);
    expect(got.bias).toEqual(baseLayer(base, QUERY_SITE(1)).bias);
    expect(again.brick).toEqual(first.brick);
  });

  it('makes the vectors orthogonal first with apply_GS', () => {
    const tensors = onQueries({ hra_u: [12, 3] });
    const { brick } = importAdapter(peftAdapter({ ...SEQ, peft_type: 'HRA', r: 3, apply_GS: true }, tensors), base);
    const units: number[][] = [];
    for (const column of transpose(matrix(data(tensors, 'hra_u'), 12, 3))) {
      let u = column;
      for (const q of units) {
        const along = q.reduce((sum, value, at) => sum + value * u[at]!, 0);
        u = u.map((value, at) => value - along * q[at]!);
      }
      const length = Math.hypot(...u);
      units.push(u.map((value) => value / length));
    }
    const q = transpose(units);
    const expected = multiply(W, plus(identity(12), multiply(q, units), -2));
    expect(distance(denseLayer(base, brick, QUERY_SITE(1)).weight, expected)).toBeLessThan(1e-6);
  });

  it('refuses a vector of zeros', () => {
    const tensors = onQueries({ hra_u: [12, 2] });
    tensors[`${QUERY(0)}.hra_u`]!.data.fill(0);
    expect(() => importAdapter(peftAdapter({ ...SEQ, peft_type: 'HRA', r: 2 }, tensors), base)).toThrow(
      'vectors must not be zero',
    );
  });
});

describe('beft', () => {
  it('adds its bias', () => {
    const tensors = onQueries({ beft_bias: [1, 12] });
    const { first, again } = importTwice(peftAdapter({ ...SEQ, peft_type: 'BEFT' }, tensors), base);
    const own = baseLayer(base, QUERY_SITE(1));
    const got = denseLayer(base, first.brick, QUERY_SITE(1));
    expect(got.weight).toEqual(own.weight);
    own.bias.forEach((value, out) => expect(got.bias[out]).toBeCloseTo(value + data(tensors, 'beft_bias')[out]!, 6));
    expect(again.brick).toEqual(first.brick);
  });
});

describe('ln_tuning', () => {
  const norms = [
    'embeddings.LayerNorm',
    ...[0, 1].flatMap((layer) => [
      `encoder.layer.${layer}.attention.output.LayerNorm`,
      `encoder.layer.${layer}.output.LayerNorm`,
    ]),
  ];
  const shapes = norms.flatMap((norm) =>
    ['weight', 'bias'].map((kind): [string, number[]] => [
      `base_model.model.bert.${norm}.ln_tuning_layers.${kind}`,
      [12],
    ]),
  );
  const config = { ...SEQ, peft_type: 'LN_TUNING', target_modules: ['LayerNorm'] };

  it('puts its gains and biases in the place of the base’s, in the order of the norms', () => {
    const tensors = randomTensors({ ...Object.fromEntries(shapes), ...bertHead() });
    const { first, again } = importTwice(peftAdapter(config, tensors), base);
    norms.slice(1).forEach((norm, place) => {
      const trained = tensors[`base_model.model.bert.${norm}.ln_tuning_layers.weight`]!.data;
      const own = base.weights.get(`${norm}.weight`)!.data;
      for (let at = 0; at < 12; at++) {
        expect(own[at]! + first.brick.blockNorms!.gain[place * 12 + at]!).toBeCloseTo(trained[at]!, 6);
      }
    });
    const own = base.weights.get('embeddings.LayerNorm.bias')!.data[4]!;
    const trained = tensors['base_model.model.bert.embeddings.LayerNorm.ln_tuning_layers.bias']!.data[4]!;
    expect(own + first.brick.embeddingNorm!.bias[4]!).toBeCloseTo(trained, 6);
    expect(first.brick.lowRank).toEqual({});
    expect(again.brick).toEqual(first.brick);
  });

  it('is refused on anything but a norm', () => {
    const tensors = randomTensors({
      [`${QUERY(0)}.ln_tuning_layers.weight`]: [12],
      [`${QUERY(0)}.ln_tuning_layers.bias`]: [12],
    });
    const files = peftAdapter({ ...config, task_type: null, target_modules: null }, tensors);
    expect(() => importAdapter(files, base)).toThrow('ln_tuning must be on a norm, got site');
  });
});

describe('every tuner method', () => {
  it.each([
    ['ADALORA', { init_r: 4 }],
    ['IA3', { feedforward_modules: [] }],
    ['LOHA', {}],
    ['HRA', {}],
    ['BEFT', {}],
    ['LN_TUNING', {}],
  ])('%s refuses a file without its tensors, and tensors it does not know', (type, config) => {
    const empty = peftAdapter({ ...SEQ, peft_type: type, ...config }, randomTensors(bertHead()));
    expect(() => importAdapter(empty, base)).toThrow('must hold tensors of');
    const foreign = peftAdapter({ ...SEQ, peft_type: type, ...config }, { [`${QUERY(0)}.lora_X`]: ones(2) });
    expect(() => importAdapter(foreign, base)).toThrow(
      `every tensor must be one that the method knows, got ${QUERY(0)}.lora_X`,
    );
  });
});
