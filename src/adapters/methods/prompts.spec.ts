import { describe, expect, it } from 'vitest';
import { adapterBase } from '../../../test/support/adapter-base.js';
import { importTwice, peftAdapter, randomTensors } from '../../../test/support/peft-adapter.js';
import { importAdapter } from '../import.js';

const base = adapterBase();
const HEAD = { 'base_model.classifier.weight': [2, 12], 'base_model.classifier.bias': [2] };
const COMMON = {
  task_type: 'SEQ_CLS',
  num_virtual_tokens: 5,
  token_dim: 12,
  num_transformer_submodules: 1,
  num_attention_heads: 3,
  num_layers: 2,
  modules_to_save: ['classifier', 'score'],
};

describe.each([
  ['PROMPT_TUNING', { prompt_tuning_init: 'RANDOM', tokenizer_kwargs: null }],
  ['P_TUNING', { encoder_reparameterization_type: 'LSTM', encoder_hidden_size: 3 }],
])('%s', (type, extra) => {
  const config = { ...COMMON, peft_type: type, ...extra };

  it('puts its vectors before the sequence', () => {
    const tensors = randomTensors({ prompt_embeddings: [5, 12], ...HEAD });
    const { first, again } = importTwice(peftAdapter(config, tensors), base);
    expect(first.brick.prompt).toEqual({ tokens: 5, embeddings: tensors['prompt_embeddings']!.data });
    expect(first.brick.head?.kind === 'sequence' && first.brick.head.out.weight.shape).toEqual([2, 12]);
    expect(first.report.ranks).toEqual([5]);
    expect([again.brick, again.digest]).toEqual([first.brick, first.digest]);
  });

  it.each([
    ['another count of tokens', { num_virtual_tokens: 4 }, [5, 12], 'shape must be [4, 12], got [5, 12]'],
    ['another width than the embeddings', { token_dim: 8 }, [5, 8], 'token_dim: must be the embedding width 12, got 8'],
    [
      'more tokens than positions',
      { num_virtual_tokens: 40 },
      [40, 12],
      "must be below the base's 40 positions, got 40",
    ],
    ['no tokens', { num_virtual_tokens: 0 }, [5, 12], 'num_virtual_tokens: must be an integer of at least 1, got 0'],
    ['an encoder and a decoder', { num_transformer_submodules: 2 }, [5, 12], 'an encoder has one transformer'],
  ])('refuses %s', (_name, change, shape, message) => {
    const files = peftAdapter({ ...config, ...change }, randomTensors({ prompt_embeddings: shape, ...HEAD }));
    expect(() => importAdapter(files, base)).toThrow(message);
  });

  it('refuses a file without its vectors, or with others', () => {
    expect(() => importAdapter(peftAdapter(config, randomTensors(HEAD)), base)).toThrow(
      'prompt_embeddings: must be in the file',
    );
    const more = randomTensors({ prompt_embeddings: [5, 12], ...HEAD, 'prompt_encoder.weight': [2, 2] });
    expect(() => importAdapter(peftAdapter(config, more), base)).toThrow('got prompt_encoder.weight');
  });
});

describe('PREFIX_TUNING', () => {
  const config = { ...COMMON, peft_type: 'PREFIX_TUNING', prefix_projection: true, encoder_hidden_size: 4 };

  it('splits each row into the key and value of each layer', () => {
    const tensors = randomTensors({ prompt_embeddings: [5, 48], ...HEAD });
    const { first, again } = importTwice(peftAdapter(config, tensors), base);
    const stored = tensors['prompt_embeddings']!.data;
    const { tokens, keys, values } = first.brick.prefix!;
    expect(tokens).toBe(5);
    for (let token = 0; token < 5; token++) {
      for (let layer = 0; layer < 2; layer++) {
        for (let at = 0; at < 12; at++) {
          expect(keys[(token * 2 + layer) * 12 + at]).toBe(stored[token * 48 + 2 * layer * 12 + at]);
          expect(values[(token * 2 + layer) * 12 + at]).toBe(stored[token * 48 + (2 * layer + 1) * 12 + at]);
        }
      }
    }
    expect([again.brick, again.digest]).toEqual([first.brick, first.digest]);
  });

  it.each([
    ['another count of layers', { num_layers: 3 }, [5, 72], "num_layers: must be the base's 2, got 3"],
    ['another width', { token_dim: 24 }, [5, 96], "token_dim: must be the base's 12, got 24"],
    ['other heads', { num_attention_heads: 4 }, [5, 48], "num_attention_heads: must be the base's 3, got 4"],
  ])('refuses %s', (_name, change, shape, message) => {
    const files = peftAdapter({ ...config, ...change }, randomTensors({ prompt_embeddings: shape, ...HEAD }));
    expect(() => importAdapter(files, base)).toThrow(message);
  });

  it('is refused on a family whose attention takes no past keys', () => {
    const files = peftAdapter(
      { ...config, task_type: 'FEATURE_EXTRACTION', modules_to_save: null },
      randomTensors({ prompt_embeddings: [5, 48] }),
    );
    expect(() => importAdapter(files, adapterBase({ modelType: 'distilbert' }))).toThrow(
      'got distilbert, whose attention takes no past keys',
    );
  });
});
