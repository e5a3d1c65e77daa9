import { describe, expect, it } from 'vitest';
import { adapterBase } from '../../test/support/adapter-base.js';
import {
  bertHead,
  json,
  loraAdapter,
  ones,
  peftAdapter,
  QUERY,
  randomTensors,
} from '../../test/support/peft-adapter.js';
import { AppError } from '../common/errors.js';
import { writeSafetensors } from '../engine/io/safetensors.js';
import type { AdapterFiles } from './files.js';
import { importAdapter } from './import.js';
import { REFUSED_PEFT_TYPES } from './methods/refused.js';

const base = adapterBase();
const replaced = (name: string, bytes: Uint8Array): AdapterFiles => new Map([...loraAdapter(), [name, bytes]]);
const without = (name: string): AdapterFiles => new Map([...loraAdapter()].filter(([other]) => other !== name));

describe('importAdapter', () => {
  it('gives brick, head, labels, task, report and digest', () => {
    const { brick, labels, task, report, digest } = importAdapter(loraAdapter(), base, { labels: ['no', 'yes'] });
    expect(brick.head?.kind).toBe('sequence');
    expect([task, labels]).toEqual(['sequence_classification', { labels: ['no', 'yes'], problem: 'single' }]);
    expect(report).toMatchObject({
      format: 'peft',
      method: 'lora',
      served: true,
      ranks: [4],
      parameters: 218,
      base: 'bert',
      digest,
    });
    expect(report.head).toEqual({ kind: 'sequence', outputs: 2 });
  });

  it('reads labels and task of a card', () => {
    const card = json({ labels: ['no', 'yes'], task: 'sequence_classification', test_accuracy: 1 });
    const files = new Map([...loraAdapter({ task_type: null, modules_to_save: ['classifier'] }), ['card.json', card]]);
    expect(importAdapter(files, base).labels?.labels).toEqual(['no', 'yes']);
    expect(() => importAdapter(new Map([...files, ['card.json', json({ task: 'poetry' })]]), base)).toThrow(
      'task: must be one of',
    );
  });

  it('notes a trained pooler that its task does not read', () => {
    const pooler = 'base_model.model.bert.pooler.dense';
    const tensors = randomTensors({
      [`${pooler}.lora_A.weight`]: [4, 12],
      [`${pooler}.lora_B.weight`]: [12, 4],
      ...bertHead(),
    });
    const config = { peft_type: 'LORA', task_type: 'TOKEN_CLS', r: 4, target_modules: ['pooler.dense'] };
    const { brick, report } = importAdapter(peftAdapter(config, tensors), base);
    expect(brick.head?.kind).toBe('token');
    expect(report.notes).toEqual(['pooler.dense: token_classification does not read it']);
  });

  it('finds a base of the wrong family by its names', () => {
    const roberta = adapterBase({ modelType: 'roberta' });
    expect(() => importAdapter(loraAdapter({ target_modules: null }), roberta)).toThrow(
      'bert.encoder.layer.0.attention.self.query: must be a module of a roberta base, got one of bert',
    );
  });

  it.each([
    ['a layer the base does not have', 'bert.encoder.layer.9.attention.self.query', 'layer must be below 2, got 9'],
    ['question answering', 'qa_outputs', 'qa_outputs (question answering is not served)'],
    [
      'an unknown module',
      'bert.encoder.layer.0.attention.self.distance',
      'must be a module of a bert base, got an unknown one',
    ],
  ])('refuses %s', (_name, module, message) => {
    const tensors = randomTensors({
      [`base_model.model.${module}.lora_A.weight`]: [4, 12],
      [`base_model.model.${module}.lora_B.weight`]: [12, 4],
    });
    const files = peftAdapter(
      { peft_type: 'LORA', task_type: 'SEQ_CLS', r: 4, target_modules: null },
      { ...tensors, ...randomTensors(bertHead()) },
    );
    expect(() => importAdapter(files, base)).toThrow(message);
  });

  it('refuses the projection of ELECTRA’s embeddings by name', () => {
    const module = 'base_model.model.electra.embeddings_project';
    const tensors = randomTensors({ [`${module}.lora_A.weight`]: [4, 8], [`${module}.lora_B.weight`]: [12, 4] });
    const files = peftAdapter({ peft_type: 'LORA', r: 4, target_modules: null }, tensors);
    expect(() => importAdapter(files, adapterBase({ modelType: 'electra' }))).toThrow(
      'the projection of the embeddings is shared',
    );
  });

  const damaged: [string, AdapterFiles, string][] = [
    ['no files', new Map(), 'adapter_config.json must be there, got no file'],
    ['no configuration', without('adapter_config.json'), 'adapter_config.json must be there'],
    ['no weights', without('adapter_model.safetensors'), 'adapter_model.safetensors must be there'],
    ['a configuration that is no JSON', replaced('adapter_config.json', Uint8Array.of(1, 2)), 'adapter_config.json: '],
    ['a configuration of nobody', replaced('adapter_config.json', json({ hello: 1 })), 'must have peft_type (PEFT)'],
    [
      'a peft_type that is no text',
      replaced('adapter_config.json', json({ peft_type: 3 })),
      'peft_type: must be a string, got 3',
    ],
    ['a card that is no JSON', replaced('card.json', Uint8Array.of(1)), 'card.json: '],
    [
      'weights that are no safetensors',
      replaced('adapter_model.safetensors', new Uint8Array(64).fill(255)),
      'safetensors: header',
    ],
    [
      'a weights file cut short',
      replaced('adapter_model.safetensors', loraAdapter().get('adapter_model.safetensors')!.slice(0, -4)),
      'expected its data inside the file',
    ],
    [
      'an empty weights file',
      replaced('adapter_model.safetensors', writeSafetensors(new Map())),
      'must hold tensors of lora, got none',
    ],
    [
      'tensors without PEFT’s prefix',
      peftAdapter({ peft_type: 'LORA' }, { 'bert.x.lora_A.weight': ones(1, 1) }),
      'every tensor must be one',
    ],
    [
      'a head of another width',
      loraAdapter({}, (t) => (t['base_model.model.classifier.weight'] = ones(2, 7))),
      'classifier.weight: shape must be [2, 12], got [2, 7]',
    ],
    [
      'a head without its bias',
      loraAdapter({}, (t) => delete t['base_model.model.classifier.bias']),
      'got nothing for classifier.bias',
    ],
    [
      'a head of no outputs',
      loraAdapter({}, (t) => (t['base_model.model.classifier.weight'] = ones(0, 12))),
      'shape must be',
    ],
    [
      'a bias of another length',
      loraAdapter({}, (t) => (t['base_model.model.classifier.bias'] = ones(3))),
      'classifier.bias: shape must be [2], got [3]',
    ],
    [
      'copies that differ',
      loraAdapter({}, (t) => (t['base_model.model.classifier.modules_to_save.default.bias'] = ones(2))),
      'both copies must be equal',
    ],
    [
      'numbers that are not finite',
      loraAdapter({}, (t) => (t[`${QUERY(0)}.lora_B.weight`]!.data[0] = NaN)),
      'all numbers must be finite',
    ],
    ['numbers that overflow', loraAdapter({ lora_alpha: 1e300 }), 'resolved numbers must be finite'],
    [
      'a task of a decoder',
      loraAdapter({ task_type: 'CAUSAL_LM', modules_to_save: ['classifier'] }),
      'task_type: must be one of SEQ_CLS, TOKEN_CLS, FEATURE_EXTRACTION or null',
    ],
    [
      'a head for another task',
      loraAdapter({ task_type: 'FEATURE_EXTRACTION', modules_to_save: ['classifier'] }),
      'must belong to the head of a embedding adapter',
    ],
    [
      'a classifier of either kind',
      loraAdapter({ task_type: null, modules_to_save: ['classifier'] }),
      'task: must be given',
    ],
    [
      'a pattern nobody can read',
      loraAdapter({ target_modules: '(?!x).*' }),
      'target_modules: must be a pattern that we can read',
    ],
    [
      'a target that is a number',
      loraAdapter({ target_modules: 3 }),
      'target_modules: must be a string or a list of strings, got 3',
    ],
    [
      'saved modules that are a text',
      loraAdapter({ modules_to_save: 'classifier' }),
      'modules_to_save: must be a list of strings',
    ],
  ];
  it.each(damaged)('refuses %s with the rule and the value', (_name, files, message) => {
    expect(() => importAdapter(files, base)).toThrow(AppError);
    expect(() => importAdapter(files, base)).toThrow(message);
  });

  it.each(Object.keys(REFUSED_PEFT_TYPES))('refuses peft_type %s by name and reason', (type) => {
    expect(() => importAdapter(loraAdapter({ peft_type: type }), base)).toThrow(
      `got "${type}" (${REFUSED_PEFT_TYPES[type]!})`,
    );
  });

  it('refuses labels that do not fit the head', () => {
    expect(() => importAdapter(loraAdapter(), base, { labels: ['one'] })).toThrow(
      'labels: one for each of the 2 outputs',
    );
  });
});

describe.each([
  ['bert', 'classifier', 'bert.pooler.dense'],
  ['roberta', 'classifier.out_proj', 'classifier.dense'],
  ['xlm-roberta', 'classifier.out_proj', 'classifier.dense'],
  ['distilbert', 'classifier', 'pre_classifier'],
  ['electra', 'classifier.out_proj', 'classifier.dense'],
  ['mpnet', 'classifier.out_proj', 'classifier.dense'],
] as const)('heads of %s', (modelType, out, dense) => {
  const bare = adapterBase({ modelType, heads: [] });
  const prefix = modelType === 'xlm-roberta' ? 'roberta' : modelType;
  const site = bare.sites.sites.find(({ role, layer }) => role === 'query' && layer === 0)!.module;
  const lora = {
    [`base_model.model.${prefix}.${site}.lora_A.weight`]: [4, 12],
    [`base_model.model.${prefix}.${site}.lora_B.weight`]: [12, 4],
  };
  const config = { peft_type: 'LORA', r: 4, target_modules: [`${prefix}.${site}`] };
  const head = (module: string, outputs: number) => ({
    [`base_model.model.${module}.weight`]: [outputs, 12],
    [`base_model.model.${module}.bias`]: [outputs],
  });

  it('classify sequences with the whole head saved', () => {
    const own = dense === 'bert.pooler.dense' ? {} : head(dense, 12);
    const tensors = randomTensors({ ...lora, ...own, ...head(out, 5) });
    const { brick, labels } = importAdapter(peftAdapter({ ...config, task_type: 'SEQ_CLS' }, tensors), bare);
    expect(brick.head?.kind === 'sequence' && brick.head.out.weight.data).toEqual(
      tensors[`base_model.model.${out}.weight`]!.data,
    );
    expect(labels?.labels).toHaveLength(5);
  });

  it('classify sequences with a first layer of their own', () => {
    const tensors = randomTensors({ ...lora, ...head(dense, 12), ...head(out, 2) });
    const saved = { ...config, task_type: 'SEQ_CLS', modules_to_save: [dense.replace('bert.', '').split('.')[0]] };
    const { brick } = importAdapter(peftAdapter(saved, tensors), bare);
    expect(brick.head?.kind === 'sequence' && brick.head.dense.weight.data).toEqual(
      tensors[`base_model.model.${dense}.weight`]!.data,
    );
  });

  it('classify tokens', () => {
    const tensors = randomTensors({ ...lora, ...head('classifier', 4) });
    const { brick, task } = importAdapter(peftAdapter({ ...config, task_type: 'TOKEN_CLS' }, tensors), bare);
    expect([task, brick.head?.kind]).toEqual(['token_classification', 'token']);
    expect(brick.head?.kind === 'token' && brick.head.out.weight.shape).toEqual([4, 12]);
  });

  it('take the base’s head where the adapter brings none, and refuse where there is none', () => {
    const files = peftAdapter({ ...config, auto_mapping: { base_model_class: 'XForMaskedLM' } }, randomTensors(lora));
    const full = adapterBase({ modelType });
    expect(importAdapter(files, full)).toMatchObject({ task: 'masked_lm' });
    expect(importAdapter(files, full).brick.head).toBeUndefined();
    expect(() => importAdapter(files, bare)).toThrow(
      'head: a masked_lm adapter must bring its head or find it in the base, got neither',
    );
  });
});
