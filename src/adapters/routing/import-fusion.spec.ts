import { describe, expect, it } from 'vitest';
import { adapterBase } from '../../../test/support/adapter-base.js';
import { hubHead } from '../../../test/support/hub-adapter.js';
import { SeededRandom } from '../../../test/support/seeded-random.js';
import { tensor } from '../../engine/tensor.js';
import { toConfig } from '../config.js';
import type { AdapterFiles } from '../files.js';
import { importAdapter } from '../import.js';
import { inspectAdapter } from '../inspect.js';
import { packBrick, unpackBrick } from '../packed.js';
import type { FloatTensor } from '../weights.js';
import { FUSION_CONFIG, FUSION_WEIGHTS, hubFusionFiles } from './hub-fusion.js';

const base = adapterBase();
const { layers, hidden } = base.sites;
const random = new SeededRandom(7);
const OUTER = {
  hidden_size: hidden,
  model_class: 'BertForSequenceClassification',
  model_name: 'tiny',
  model_type: 'bert',
};
const DYNAMIC = {
  ...{ key: true, query: true, value: true, query_before_ln: false, regularization: true, residual_before: false },
  ...{ temperature: false, value_before_softmax: true, value_initialized: true, dropout_prob: null },
};
const SHAPES = {
  'query.weight': [hidden, hidden],
  'query.bias': [hidden],
  'key.weight': [hidden, hidden],
  'key.bias': [hidden],
  'value.weight': [hidden, hidden],
};
type Shapes = Record<string, number[]>;

const tensorsOf = (shapes: Shapes): Map<string, FloatTensor> =>
  new Map(
    Object.entries(shapes).map(([name, shape]) => [
      name,
      tensor('float32', shape, random.floats(shape.reduce((a, b) => a * b, 1))),
    ]),
  );

interface Made {
  readonly outer?: Record<string, unknown>;
  readonly config?: unknown;
  readonly shapes?: Shapes;
  readonly modules?: readonly string[];
  readonly head?: boolean;
}

function fusion({ outer, config = DYNAMIC, shapes = SHAPES, modules = MODULES, head = true }: Made = {}) {
  const tensors = new Map(modules.map((module) => [module, tensorsOf(shapes)]));
  const { config: headConfig, tensors: weights } = hubHead();
  const files = hubFusionFiles({
    config: toConfig({ ...OUTER, name: 'first,second', version: 'adapters.1.2.0', config, ...outer }),
    modules: tensors,
    ...(head && {
      head: {
        config: toConfig({ ...OUTER, name: null, config: null, ...headConfig }),
        weights: new Map(Object.entries(weights)),
      },
    }),
  });
  return { files, tensors };
}

const MODULES = [0, 1].flatMap((layer) => [
  `bert.encoder.layer.${layer}.attention.output`,
  `bert.encoder.layer.${layer}.output`,
]);

describe('an AdapterFusion of AdapterHub', () => {
  it('is a router with one matrix for query and key', () => {
    const { files, tensors } = fusion();
    const { brick, labels, task, report } = importAdapter(files, base);
    expect([brick.experts, labels, task]).toEqual([
      2,
      { labels: ['no', 'yes'], problem: 'single' },
      'sequence_classification',
    ]);
    expect(report).toMatchObject({ format: 'adapterhub', method: 'adapter_fusion', served: true });
    const [h, a] = [random.floats(hidden), random.floats(hidden)];
    for (const [at, module] of MODULES.entries()) {
      const layer = Math.floor(at / 2);
      const { score, offset, value } = brick.fusion![at % 2 === 0 ? 'attention' : 'ffn']!;
      const own = (name: string): Float32Array => tensors.get(module)!.get(name)!.data;
      const row = (matrix: Float32Array, out: number, x: Float32Array): number =>
        x.reduce((sum, one, i) => sum + one * matrix[out * hidden + i]!, 0);
      const query = h.map((_, out) => row(own('query.weight'), out, h) + own('query.bias')[out]!);
      const key = a.map((_, out) => row(own('key.weight'), out, a));
      const expected = query.reduce((sum, one, out) => sum + one * key[out]!, 0);
      const matrix = score.subarray(layer * hidden * hidden);
      const actual = a.reduce(
        (sum, one, j) =>
          sum + one * (offset[layer * hidden + j]! + h.reduce((all, x, i) => all + x * matrix[i * hidden + j]!, 0)),
        0,
      );
      expect(actual).toBeCloseTo(expected, 4);
      expect(value.slice(layer * hidden * hidden, (layer + 1) * hidden * hidden)).toEqual(own('value.weight'));
    }
    expect(unpackBrick(packBrick(brick))).toEqual(brick);
    expect(inspectAdapter(files)).toMatchObject({ served: true, method: 'adapter_fusion' });
    expect(inspectAdapter(files, base)).toMatchObject({ served: true, digest: report.digest });
  });

  it('may be static, of some blocks, and without a head', () => {
    const { 'value.weight': _value, ...shapes } = SHAPES;
    for (const config of ['static', { ...DYNAMIC, value: false }]) {
      const { brick, labels, task } = importAdapter(
        fusion({ config, shapes, modules: [MODULES[3]!], head: false }).files,
        base,
      );
      expect([brick.head, labels, task, brick.fusion?.attention]).toEqual([
        undefined,
        undefined,
        'embedding',
        undefined,
      ]);
      const { value } = brick.fusion!.ffn!;
      const last = value.subarray((layers - 1) * hidden * hidden);
      expect([last[0], last[1], last[hidden + 1], value[0]]).toEqual([1, 0, 1, 0]);
    }
  });

  const without = (name: string): AdapterFiles => new Map([...fusion().files].filter(([key]) => key !== name));
  const beside = (name: string): AdapterFiles => new Map([...fusion().files, [name, new Uint8Array()]]);
  it.each<[string, AdapterFiles, string]>([
    ['a query before the norm', fusion({ config: { ...DYNAMIC, query_before_ln: true } }).files, 'query_before_ln'],
    ['values with the residual', fusion({ config: { ...DYNAMIC, residual_before: true } }).files, 'residual_before'],
    ['a temperature', fusion({ config: { ...DYNAMIC, temperature: true } }).files, 'temperature'],
    ['an unknown key', fusion({ config: { ...DYNAMIC, luck: 1 } }).files, 'luck'],
    [
      'an unknown preset',
      fusion({ config: 'magic' }).files,
      'must be an object or one of static, dynamic, got "magic"',
    ],
    ['another width', fusion({ outer: { hidden_size: 13 } }).files, 'hidden_size'],
    ['another family', fusion({ outer: { model_type: 'roberta' } }).files, 'model_type'],
    ['a member twice', fusion({ outer: { name: 'a,a' } }).files, 'each once'],
    ['no name', fusion({ outer: { name: '' } }).files, 'name'],
    ['another shape', fusion({ shapes: { ...SHAPES, 'key.bias': [hidden + 1] } }).files, 'key.bias: shape must be'],
    ['a tensor too many', fusion({ shapes: { ...SHAPES, 'dense.weight': [1, hidden] } }).files, 'got dense.weight'],
    [
      'a tensor too few',
      fusion({ shapes: { 'query.weight': [hidden, hidden] } }).files,
      'key.weight: must be in the file',
    ],
    ['a block that is not there', fusion({ modules: ['bert.encoder.layer.9.output'] }).files, 'encoder.layer.9.output'],
    ['no weights', without(FUSION_WEIGHTS), FUSION_WEIGHTS],
    ['no tensors of its head', without('model_head.safetensors'), 'model_head.safetensors'],
    ['an adapter beside it', beside('adapter.safetensors'), 'got adapter.safetensors beside them'],
    ['text for JSON', new Map([...fusion().files, [FUSION_CONFIG, Uint8Array.of(123)]]), FUSION_CONFIG],
  ])('with %s is refused', (_, files, message) => {
    expect(() => importAdapter(files, base)).toThrow(message);
    expect(inspectAdapter(files, base)).toMatchObject({ served: false });
  });
});
