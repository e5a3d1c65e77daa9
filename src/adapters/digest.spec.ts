import { describe, expect, it } from 'vitest';
import { json, loraAdapter } from '../../test/support/peft-adapter.js';
import { adapterDigest } from './digest.js';

const files = loraAdapter();
const labels = { labels: ['a', 'b'], problem: 'single' } as const;
const text = new TextDecoder().decode(files.get('adapter_config.json'));

describe('adapterDigest', () => {
  const digest = adapterDigest(files, labels);

  it('is sha256 over what the files say', () => {
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    const reordered = Object.fromEntries(Object.entries(JSON.parse(text) as object).reverse());
    expect(adapterDigest(new Map([...files, ['adapter_config.json', json(reordered)]]), labels)).toBe(digest);
    expect(adapterDigest(new Map([...files].reverse()), labels)).toBe(digest);
    expect(adapterDigest(new Map([...files, ['card.json', json({ note: 1 })]]), labels)).toBe(digest);
  });

  it('changes with a setting, a number, a label or a file', () => {
    const weights = Uint8Array.from(files.get('adapter_model.safetensors')!);
    weights[weights.length - 1]! ^= 1;
    const others = [
      adapterDigest(loraAdapter({ lora_alpha: 9 }), labels),
      adapterDigest(new Map([...files, ['adapter_model.safetensors', weights]]), labels),
      adapterDigest(files, { ...labels, labels: ['b', 'a'] }),
      adapterDigest(files, { ...labels, problem: 'multi' }),
      adapterDigest(files, undefined),
      adapterDigest(new Map([...files, ['head_config.json', json({})]]), labels),
    ];
    expect(new Set([digest, ...others]).size).toBe(others.length + 1);
  });
});
