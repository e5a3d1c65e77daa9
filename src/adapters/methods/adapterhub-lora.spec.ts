import { describe, expect, it } from 'vitest';
import { adapterBase } from '../../../test/support/adapter-base.js';
import { baseLayer, denseLayer, distance, matrix, multiply, plus } from '../../../test/support/dense-brick.js';
import { hubAdapter, hubHead } from '../../../test/support/hub-adapter.js';
import { importTwice, QUERY_SITE, randomTensors } from '../../../test/support/peft-adapter.js';
import { importAdapter } from '../import.js';

const base = adapterBase();
const LORA = { architecture: 'lora', r: 4, alpha: 8, attn_matrices: ['q'], composition_mode: 'add' };

/** Tensors of the query projections of both layers. */
function onQueries(shapes: Record<string, readonly number[]>) {
  const entries = [0, 1].flatMap((layer) =>
    Object.entries(shapes).map(([name, shape]) => [`bert.${QUERY_SITE(layer)}.loras.tenant.${name}`, shape]),
  );
  return randomTensors(Object.fromEntries(entries) as typeof shapes);
}

const own = baseLayer(base, QUERY_SITE(1));
const lora = onQueries({ lora_A: [4, 12], lora_B: [12, 4] });
const part = (tensors: typeof lora, name: string) => tensors[`bert.${QUERY_SITE(1)}.loras.tenant.${name}`]!.data;
const product = multiply(matrix(part(lora, 'lora_B'), 12, 4), matrix(part(lora, 'lora_A'), 4, 12));

describe('adapterhub_lora', () => {
  it.each([
    ['adapters.1.2.0', 2],
    ['adapters.1.1.0', 2],
    ['adapters.1.0.1', 1],
    ['adapters.0.2.0', 1],
    ['adapters.1.1.0.dev0', 1],
    ['3.2.1', 2],
  ])('version %s scales by %d', (version, scale) => {
    const { first, again } = importTwice(
      hubAdapter({ config: LORA, tensors: lora, outer: { version }, head: hubHead() }),
      base,
    );
    expect(
      distance(denseLayer(base, first.brick, QUERY_SITE(1)).weight, plus(own.weight, product, scale)),
    ).toBeLessThan(1e-6);
    expect([again.brick, again.digest]).toEqual([first.brick, first.digest]);
  });

  it('DoRA scales the bias too and takes the norm of the unscaled product', () => {
    const tensors = { ...lora, ...onQueries({ 'm.weight': [12, 1] }) };
    const { brick } = importAdapter(
      hubAdapter({ config: { ...LORA, use_dora: true }, tensors, head: hubHead() }),
      base,
    );
    const gain = plus(own.weight, product).map((row, out) => part(tensors, 'm.weight')[out]! / Math.hypot(...row));
    const got = denseLayer(base, brick, QUERY_SITE(1));
    expect(
      distance(
        got.weight,
        plus(own.weight, product, 2).map((row, out) => row.map((value) => value * gain[out]!)),
      ),
    ).toBeLessThan(1e-6);
    got.bias.forEach((value, out) => expect(value).toBeCloseTo(own.bias[out]! * gain[out]!, 5));
  });

  it('(IA)³ scales output and bias by α·l', () => {
    const tensors = onQueries({ lora_B: [12, 1] });
    const config = { ...LORA, r: 1, alpha: 3, composition_mode: 'scale' };
    const { brick } = importAdapter(hubAdapter({ config, tensors, head: hubHead() }), base);
    const got = denseLayer(base, brick, QUERY_SITE(1));
    const l = [...part(tensors, 'lora_B')].map((value) => 3 * value);
    expect(
      distance(
        got.weight,
        own.weight.map((row, out) => row.map((value) => value * l[out]!)),
      ),
    ).toBeLessThan(1e-6);
    got.bias.forEach((value, out) => expect(value).toBeCloseTo(own.bias[out]! * l[out]!, 5));
  });

  it.each([
    ['a gate', { use_gating: true }, 'config.use_gating'],
    ['VeRA', { vera_d: 0.1 }, 'config.vera_d'],
    ['layers that are not there', { output_lora: true }, 'got none for encoder.layer.0.output.dense'],
    ['layers that are too many', { attn_matrices: ['k'] }, 'got none for encoder.layer.0.attention.self.key'],
    ['a layer it leaves out', { leave_out: [0] }, 'got also encoder.layer.0.attention.self.query'],
    ['another rank', { r: 2 }, 'lora_A: shape must be [2, 12], got [4, 12]'],
    ['an unknown matrix', { attn_matrices: ['x'] }, 'attn_matrices: must hold q, k, v or o, got "x"'],
    ['an unknown composition', { composition_mode: 'mix' }, 'composition_mode: must be add or scale, got "mix"'],
  ])('refuses %s', (_name, change, message) => {
    const files = hubAdapter({ config: { ...LORA, ...change }, tensors: lora, head: hubHead() });
    expect(() => importAdapter(files, base)).toThrow(message);
  });

  it.each(['prefix_tuning', 'prompt_tuning', 'reft', 'mtl_lora', 'union', 'telepathy'])(
    'refuses architecture %s by name',
    (architecture) => {
      const files = hubAdapter({ config: { architecture }, tensors: lora });
      expect(() => importAdapter(files, base)).toThrow(
        `architecture: must be one of bottleneck, lora, got "${architecture}"`,
      );
    },
  );
});
