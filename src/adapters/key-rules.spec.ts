import { describe, expect, it } from 'vitest';
import { adapterBase } from '../../test/support/adapter-base.js';
import { loraAdapter } from '../../test/support/peft-adapter.js';
import { toConfig } from './config.js';
import { importAdapter } from './import.js';
import { honoured, ignored, judgeKeys, off, only, requireKeys } from './key-rules.js';
import { METHODS } from './methods/table.js';

const rules = { a: honoured, b: ignored('no matter'), c: only('c is 1 or 2', 1, 2), d: off('not d') };

describe('judgeKeys', () => {
  it('says what becomes of each key', () => {
    expect(judgeKeys(toConfig({ a: 9, b: 9, c: 2, d: {} }), rules).map(({ verdict }) => verdict)).toEqual([
      'honoured',
      'ignored',
      'honoured',
      'honoured',
    ]);
    expect(judgeKeys(toConfig({ c: 3, d: [1], e: 'x' }), rules)).toEqual([
      { key: 'c', verdict: 'refused', reason: 'c is 1 or 2, its value is 3' },
      { key: 'd', verdict: 'refused', reason: 'not d, its value is [1]' },
      { key: 'e', verdict: 'refused', reason: 'unknown key, its value is "x"' },
    ]);
  });

  it.each(['toString', '__proto__', 'constructor'])('has no rule for %s', (key) => {
    expect(judgeKeys(new Map([[key, 1]]), rules)[0]?.verdict).toBe('refused');
  });

  it('refuses all at once, each by name', () => {
    const verdicts = judgeKeys(toConfig({ c: 3, e: 'x' }), rules);
    expect(() => requireKeys(verdicts)).toThrow(
      'got c (c is 1 or 2, its value is 3); e (unknown key, its value is "x")',
    );
  });
});

describe('keys of a LoRA configuration', () => {
  const base = adapterBase();

  it.each([
    ['alora_invocation_tokens', [1]],
    ['arrow_config', { top_k: 1 }],
    ['bias', 'some'],
    ['enable_lora', [true]],
    ['ensure_weight_tying', true],
    ['init_lora_weights', 'pissa'],
    ['init_lora_weights', 'pissa_niter_4'],
    ['init_lora_weights', 'olora'],
    ['init_lora_weights', 'loftq'],
    ['init_lora_weights', 'corda'],
    ['init_lora_weights', 'lora_ga'],
    ['kasa_config', { beta: 1 }],
    ['layer_replication', [[0, 2]]],
    ['megatron_config', { a: 1 }],
    ['monteclora_config', { num_samples: 2 }],
    ['target_parameters', ['w']],
    ['trainable_token_indices', [3]],
    ['use_bdlora', { nblocks: 2 }],
    ['use_qalora', true],
    ['velora_config', { num_groups: 2 }],
    ['a_key_of_tomorrow', null],
  ])('%s: %j is refused by name', (key, value) => {
    expect(() => importAdapter(loraAdapter({ [key]: value }), base)).toThrow(`got ${key} (`);
  });

  it.each([
    ['lora_dropout', 0.3],
    ['init_lora_weights', 'gaussian'],
    ['init_lora_weights', false],
    ['loftq_config', { loftq_bits: 4 }],
    ['megatron_core', 'megatron.core'],
    ['runtime_config', { ephemeral_gpu_offload: false }],
    ['peft_version', '0.5.0'],
    ['layers_to_transform', null],
    ['trainable_token_indices', null],
    ['target_parameters', []],
  ])('%s: %j changes nothing', (key, value) => {
    expect(importAdapter(loraAdapter({ [key]: value }), base).brick).toEqual(importAdapter(loraAdapter(), base).brick);
  });
});

describe('every rule', () => {
  const reasons = METHODS.flatMap(({ name, keys }) =>
    Object.entries(keys).map(([key, rule]) => [name, key, rule] as const),
  );

  it('that does not follow its key gives a reason', () => {
    for (const [name, key, rule] of reasons) {
      if (rule.kind !== 'honoured') expect(rule.reason.length, `${name} ${key}`).toBeGreaterThan(8);
    }
  });
});
