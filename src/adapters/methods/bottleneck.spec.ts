import { describe, expect, it } from 'vitest';
import { adapterBase } from '../../../test/support/adapter-base.js';
import { bottleneckTensors, hubAdapter, hubHead } from '../../../test/support/hub-adapter.js';
import { importTwice, ones, type Tensors } from '../../../test/support/peft-adapter.js';
import { PAGE_RANKS, type BottleneckPages } from '../brick.js';
import { importAdapter } from '../import.js';

const base = adapterBase();
const FFN = [0, 1].map((layer) => `bert.encoder.layer.${layer}.output`);
const ATTENTION = [0, 1].map((layer) => `bert.encoder.layer.${layer}.attention.output`);
const PFEIFFER = {
  mh_adapter: false,
  output_adapter: true,
  reduction_factor: 4,
  non_linearity: 'relu',
  original_ln_before: true,
  original_ln_after: true,
  residual_before_ln: true,
  scaling: 1.0,
  leave_out: [],
};
const HOULSBY = { ...PFEIFFER, mh_adapter: true, non_linearity: 'swish', original_ln_before: false };
const PARALLEL = { ...PFEIFFER, is_parallel: true, original_ln_before: false, scaling: 4.0 };

/** f(x) of one layer as the pages say it, with ReLU. */
function fromPages(pages: BottleneckPages, layer: number, x: readonly number[]): number[] {
  const sum = x.map((_value, at) => pages.bBias[layer * 12 + at]!);
  for (let page = 0; page < pages.pages; page++) {
    for (let unit = 0; unit < PAGE_RANKS; unit++) {
      const row = (page * 2 + layer) * PAGE_RANKS + unit;
      const down = x.reduce((total, value, at) => total + value * pages.a[row * 12 + at]!, pages.aBias[row]!);
      for (let at = 0; at < 12; at++) sum[at]! += Math.max(0, down) * pages.b[row * 12 + at]!;
    }
  }
  return sum;
}

/** f(x) of one layer by its tensors, with ReLU. */
function fromTensors(tensors: Tensors, module: string, x: readonly number[], scale: number): number[] {
  const part = (rest: string) => tensors[`${module}.adapters.tenant.${rest}`]!.data;
  const width = part('adapter_down.0.bias').length;
  const units = Array.from({ length: width }, (_unit, u) =>
    Math.max(
      0,
      x.reduce(
        (sum, value, at) => sum + value * part('adapter_down.0.weight')[u * 12 + at]!,
        part('adapter_down.0.bias')[u]!,
      ),
    ),
  );
  return x.map(
    (_value, at) =>
      scale *
      units.reduce(
        (sum, unit, u) => sum + unit * part('adapter_up.weight')[at * width + u]!,
        part('adapter_up.bias')[at]!,
      ),
  );
}

const X = Array.from({ length: 12 }, (_value, at) => Math.sin(at + 1));

describe('bottleneck', () => {
  it('is scaling · up(relu(down(x))) on pages', () => {
    const tensors = bottleneckTensors(FFN, 3);
    const { first, again } = importTwice(hubAdapter({ config: { ...PARALLEL }, tensors, head: hubHead() }), base);
    const [pages] = first.brick.bottlenecks;
    expect(pages).toMatchObject({ slot: 'ffn', input: 'residual', activation: 'relu', pages: 1 });
    for (const layer of [0, 1]) {
      const expected = fromTensors(tensors, FFN[layer]!, X, 4);
      fromPages(pages!, layer, X).forEach((value, at) => expect(value).toBeCloseTo(expected[at]!, 5));
    }
    expect([again.brick, again.digest]).toEqual([first.brick, first.digest]);
    expect(first.labels).toEqual({ labels: ['no', 'yes'], problem: 'single' });
    expect(first.report.ranks).toEqual([3]);
  });

  it.each([
    ['Pfeiffer', PFEIFFER, ['ffn'], 'normed', 'relu'],
    ['Houlsby', HOULSBY, ['attention', 'ffn'], 'output', 'silu'],
    ['parallel', PARALLEL, ['ffn'], 'residual', 'relu'],
  ])('knows what enters a %s adapter', (_name, config, slots, input, activation) => {
    const tensors = bottleneckTensors(config.mh_adapter ? [...FFN, ...ATTENTION] : FFN, 3);
    const { brick } = importAdapter(hubAdapter({ config, tensors, head: hubHead() }), base);
    expect(brick.bottlenecks.map((part) => [part.slot, part.input, part.activation])).toEqual(
      slots.map((slot) => [slot, input, activation]),
    );
  });

  it('leaves layers out and reads a reduction for each layer', () => {
    const tensors = bottleneckTensors([FFN[1]!], 6);
    const config = { ...PFEIFFER, leave_out: [0], reduction_factor: { '1': 2, default: 4 } };
    const { brick } = importAdapter(hubAdapter({ config, tensors, head: hubHead() }), base);
    expect(fromPages(brick.bottlenecks[0]!, 0, X)).toEqual(X.map(() => 0));
    const expected = fromTensors(tensors, FFN[1]!, X, 1);
    fromPages(brick.bottlenecks[0]!, 1, X).forEach((value, at) => expect(value).toBeCloseTo(expected[at]!, 5));
  });

  it('folds a learned scaling, one number or one for each channel', () => {
    const scale = (value: number) => (tensors: Tensors) => {
      for (const module of FFN) {
        tensors[`${module}.adapters.tenant.scaling`] = ones(value === 1 ? 1 : 12);
        tensors[`${module}.adapters.tenant.scaling`]!.data.forEach((_one, at, data) => (data[at] = 0.5 + at));
      }
      return tensors;
    };
    const learned = scale(1)(bottleneckTensors(FFN, 3));
    const one = importAdapter(
      hubAdapter({ config: { ...PFEIFFER, scaling: 'learned' }, tensors: learned, head: hubHead() }),
      base,
    );
    const expected = fromTensors(learned, FFN[0]!, X, 0.5);
    fromPages(one.brick.bottlenecks[0]!, 0, X).forEach((value, at) => expect(value).toBeCloseTo(expected[at]!, 5));
    const channels = scale(12)(bottleneckTensors(FFN, 3));
    const each = importAdapter(
      hubAdapter({ config: { ...PFEIFFER, scaling: 'channel' }, tensors: channels, head: hubHead() }),
      base,
    );
    const plain = fromTensors(channels, FFN[0]!, X, 1);
    fromPages(each.brick.bottlenecks[0]!, 0, X).forEach((value, at) =>
      expect(value).toBeCloseTo(plain[at]! * (0.5 + at), 4),
    );
  });

  it('reads names of earlier versions and of DistilBERT', () => {
    const legacy = Object.fromEntries(
      Object.entries(bottleneckTensors(FFN, 3)).map(([name, value]) => [
        name.replace('.adapters.', '.layer_text_task_adapters.'),
        value,
      ]),
    );
    expect(
      importAdapter(hubAdapter({ config: PFEIFFER, tensors: legacy, head: hubHead() }), base).brick.bottlenecks,
    ).toHaveLength(1);
    const names = [0, 1].flatMap((layer) =>
      ['attention_adapters', 'output_adapters'].map((slot) => `distilbert.transformer.layer.${layer}.${slot}`),
    );
    const outer = { model_type: 'distilbert', model_class: 'DistilBertModel' };
    const files = hubAdapter({ config: HOULSBY, tensors: bottleneckTensors(names, 3), outer });
    expect(
      importAdapter(files, adapterBase({ modelType: 'distilbert' })).brick.bottlenecks.map(({ slot }) => slot),
    ).toEqual(['attention', 'ffn']);
  });

  it.each([
    ['no norm after the block', { original_ln_after: false }, 'original_ln_after: must be true'],
    [
      'a residual after the norm',
      { residual_before_ln: false },
      'residual_before_ln: must be true with original_ln_before, got false',
    ],
    [
      'a residual after the addition',
      { residual_before_ln: 'post_add' },
      'residual_before_ln: must be true or false, got "post_add"',
    ],
    [
      'a norm before it',
      { ln_before: true },
      'config.ln_before (a layer norm before the bottleneck is not served, its value is true)',
    ],
    ['a norm after it', { ln_after: true }, 'config.ln_after'],
    ['a gate', { use_gating: true }, 'config.use_gating'],
    ['invertible adapters', { inv_adapter: 'nice' }, 'config.inv_adapter'],
    ['hypercomplex layers', { phm_layer: true }, 'config.phm_layer'],
    ['an activation of another kind', { non_linearity: 'quick_gelu' }, 'non_linearity: must be one of gelu'],
    ['another width', { reduction_factor: 6 }, 'adapter_down.0.weight: shape must be [2, 12], got [3, 12]'],
    ['a reduction of zero', { reduction_factor: 0 }, 'reduction_factor: must give layer 0 a number above 0, got 0'],
    [
      'a slot without tensors',
      { mh_adapter: true },
      'mh_adapter: layers with an adapter must be those asked for, got none in layer 0',
    ],
    ['a layer it leaves out', { leave_out: [1] }, 'got one in layer 1'],
    ['a key nobody knows', { speed: 3 }, 'config.speed (unknown key, its value is 3)'],
  ])('refuses %s', (_name, change, message) => {
    const files = hubAdapter({
      config: { ...PFEIFFER, ...change },
      tensors: bottleneckTensors(FFN, 3),
      head: hubHead(),
    });
    expect(() => importAdapter(files, base)).toThrow(message);
  });

  it.each([
    ['another adapter’s tensors', { name: 'other' }, 'every tensor must be one that the method knows'],
    ['another width of model', { hidden_size: 768 }, "hidden_size: must be the base's 12, got 768"],
    ['another family', { model_type: 'roberta' }, 'model_type: must be the base\'s bert, got "roberta"'],
  ])('refuses %s', (_name, outer, message) => {
    const files = hubAdapter({ config: PFEIFFER, tensors: bottleneckTensors(FFN, 3), outer, head: hubHead() });
    expect(() => importAdapter(files, base)).toThrow(message);
  });

  it('refuses half a bottleneck and parts it does not know', () => {
    const half = bottleneckTensors(FFN, 3);
    Reflect.deleteProperty(half, `${FFN[1]!}.adapters.tenant.adapter_up.bias`);
    expect(() => importAdapter(hubAdapter({ config: PFEIFFER, tensors: half }), base)).toThrow(
      'adapter_up.bias: must be in the file',
    );
    const more = { ...bottleneckTensors(FFN, 3), [`${FFN[1]!}.adapters.tenant.gate.weight`]: ones(1, 12) };
    expect(() => importAdapter(hubAdapter({ config: PFEIFFER, tensors: more }), base)).toThrow('got gate.weight');
  });
});
