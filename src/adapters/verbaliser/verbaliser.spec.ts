import { describe, expect, it } from 'vitest';
import { json, peftAdapter, randomTensors } from '../../../test/support/peft-adapter.js';
import { loadTinyModel } from '../../../test/support/tiny-model.js';
import { importAdapter } from '../import.js';
import { inspectAdapter } from '../inspect.js';
import { labelTokens } from './label-tokens.js';
import { Template } from './template.js';
import { VERBALISER_FILE, writeVerbaliser, type Verbaliser } from './verbaliser-file.js';

const base = await loadTinyModel({ modelType: 'bert', task: 'masked_lm' });
const verbaliser: Verbaliser = {
  template: '{text} the [MASK].',
  labels: [
    { label: 'wet', words: ['rain', 'a'] },
    { label: 'dry', words: ['market'] },
  ],
};
const filesOf = (own: Verbaliser = verbaliser, more: Iterable<readonly [string, Uint8Array]> = []) =>
  new Map([...more, [VERBALISER_FILE, writeVerbaliser(own)]]);
const imported = (own?: Verbaliser) => importAdapter(filesOf(own), base);
const decoderOf = (own?: Verbaliser) => {
  const { head } = imported(own).brick;
  if (head?.kind !== 'masked_lm') throw new Error('expected a masked-LM head');
  return head.decoder;
};
const id = (token: string): number => base.tokenizer.tokenToId(token) ?? -1;

describe('Template', () => {
  it('keeps a text that says {text} or [MASK] as it is, and finds its own mask beside those of the text', () => {
    const template = Template.parse('{text} the [MASK].');
    expect(template.wrap('a {text} [MASK] $&', base.tokenizer)).toBe('a {text} [MASK] $& the [MASK].');
    const { ids } = base.tokenizer.encode(template.wrap('[MASK] rain [MASK]', base.tokenizer));
    expect(template.maskPosition(ids, base.tokenizer)).toBe(ids.length - 3); // before the full stop and [SEP]
    const first = Template.parse('[MASK]: {text}');
    const other = base.tokenizer.encode(first.wrap('rain [MASK]', base.tokenizer));
    expect(first.maskPosition(other.ids, base.tokenizer)).toBe(1);
  });

  it.each(['no text [MASK]', '{text} no mask', '{text} [MASK] [MASK]'])('refuses %s', (source) => {
    expect(() => Template.parse(source)).toThrow('once');
  });
});

describe('labelTokens', () => {
  it('takes each word in the form that it has in the prompt', () => {
    expect(labelTokens(verbaliser, base.tokenizer)).toEqual([[id('rain'), id('a')], [id('market')]]);
  });

  it.each([
    ['raining', 'must be one token in the place of the mask, got rain ##ing'],
    ['ж', "must be a word of the base's vocabulary, got [UNK]"],
    ['rain', 'must stand for one label once'],
  ])('refuses %s', (word, rule) => {
    const labels = [...verbaliser.labels, { label: 'other', words: [word] }];
    expect(() => labelTokens({ ...verbaliser, labels }, base.tokenizer)).toThrow(rule);
  });
});

describe('importAdapter', () => {
  it('makes a row of the decoder of each label, the mean of its words, less the prior', () => {
    const own = base.heads.maskedLm!.decoder;
    const row = (token: number) => own.weight.data.subarray(token * 12, (token + 1) * 12);
    const { weight, bias } = decoderOf({ ...verbaliser, prior: [0.5, -1] });
    expect(weight.shape).toEqual([2, 12]);
    const [rain, a] = [row(id('rain')), row(id('a'))];
    expect([...weight.data.subarray(0, 12)]).toEqual([...rain].map((value, at) => Math.fround((value + a[at]!) / 2)));
    expect([...weight.data.subarray(12)]).toEqual([...row(id('market'))]);
    expect(bias.data[1]).toBeCloseTo(own.bias.data[id('market')]! + 1, 6);
    expect(bias.data[0]).toBeCloseTo((own.bias.data[id('rain')]! + own.bias.data[id('a')]!) / 2 - 0.5, 6);
  });

  it('is a classifier of the base alone, with labels in their order and a digest of its own', () => {
    const { labels, task, template, report, digest } = imported();
    expect(labels).toEqual({ labels: ['wet', 'dry'], problem: 'single' });
    expect([task, template]).toEqual(['sequence_classification', verbaliser.template]);
    expect(report).toMatchObject({ format: 'tessera', method: 'verbaliser', served: true, parameters: 0 });
    expect(digest).not.toBe(imported({ ...verbaliser, template: 'the [MASK] {text}' }).digest);
    expect(inspectAdapter(filesOf(), base)).toEqual(report);
    expect(inspectAdapter(filesOf())).toMatchObject({ served: true, labels: ['wet', 'dry'] });
  });

  it('makes a classifier of the masked-LM adapter beside it', () => {
    const query = 'base_model.model.bert.encoder.layer.0.attention.self.query';
    const tensors = randomTensors({ [`${query}.lora_A.weight`]: [4, 12], [`${query}.lora_B.weight`]: [12, 4] });
    const config = {
      peft_type: 'LORA',
      auto_mapping: { base_model_class: 'BertForMaskedLM', parent_library: 'transformers' },
      r: 4,
      lora_alpha: 8,
      target_modules: ['query'],
      layers_to_transform: [0],
    };
    const files = peftAdapter(config, tensors);
    const { brick, report, task } = importAdapter(filesOf(verbaliser, files), base);
    expect(brick.lowRank.query).toEqual(importAdapter(files, base).brick.lowRank.query);
    expect(brick.head).toEqual(imported().brick.head);
    expect([task, report.method, report.format]).toEqual(['sequence_classification', 'lora', 'peft']);
  });

  it('refuses a base without a masked-LM head or tokenizer, and a file that is not as it must be', async () => {
    const bare = await loadTinyModel({ modelType: 'bert' });
    expect(() => importAdapter(filesOf(), bare)).toThrow('must have a masked-LM head');
    const { tokenizer: _none, ...others } = base;
    expect(() => importAdapter(filesOf(), others)).toThrow('its tokenizer');
    expect(() => imported({ ...verbaliser, prior: [1] })).toThrow('one number a label');
    expect(() => importAdapter(new Map([[VERBALISER_FILE, json({ template: 1 })]]), base)).toThrow(VERBALISER_FILE);
    const twice = [verbaliser.labels[1]!, { label: 'dry', words: ['rain'] }];
    expect(() => imported({ ...verbaliser, labels: twice })).toThrow('each name once');
    expect(() => importAdapter(filesOf(), base, { problem: 'multi' })).toThrow('chooses one label');
  });
});
