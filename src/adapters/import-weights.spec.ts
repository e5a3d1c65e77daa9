import { describe, expect, it } from 'vitest';
import { adapterBase } from '../../test/support/adapter-base.js';
import { json, loraAdapter, peftAdapter, QUERY, randomTensors } from '../../test/support/peft-adapter.js';
import type { AdapterFiles } from './files.js';
import { importWeights } from './import-weights.js';
import { brickBytes } from './packed.js';

const base = adapterBase();
const withCard = (card: object, files: AdapterFiles = loraAdapter()): AdapterFiles =>
  new Map([...files, ['card.json', json(card)]]);
/** LoRA that leaves its head to the base; its task is stated nowhere. */
const headless = peftAdapter(
  { peft_type: 'LORA', r: 4, target_modules: ['query'], layers_to_transform: [0] },
  randomTensors({ [`${QUERY(0)}.lora_A.weight`]: [4, 12], [`${QUERY(0)}.lora_B.weight`]: [12, 4] }),
);

describe('importWeights', () => {
  it('reports what it made: brick, bytes and digest are those of the import', () => {
    const { brick, report, digest, task } = importWeights(loraAdapter(), base);
    expect(report).toMatchObject({ served: true, task, digest, base: 'bert', residentBytes: brickBytes(brick) });
    expect(report.head).toEqual({ kind: 'sequence', outputs: 2 });
    expect(report).toMatchObject({ labels: ['LABEL_0', 'LABEL_1'], problem: 'single' });
  });

  it('takes labels that are given before those of the card, and these before none', () => {
    const files = withCard({ labels: ['no', 'yes'] });
    expect(importWeights(files, base).labels?.labels).toEqual(['no', 'yes']);
    const given = importWeights(files, base, { labels: ['off', 'on'], problem: 'multi' });
    expect(given.labels).toEqual({ labels: ['off', 'on'], problem: 'multi' });
    expect(given.report).toMatchObject({ labels: ['off', 'on'], problem: 'multi' });
  });

  it('takes the task that is given before the one of the card', () => {
    const files = withCard({ task: 'embedding' }, headless);
    expect(importWeights(files, base).task).toBe('embedding');
    expect(importWeights(files, base, { task: 'masked_lm' }).task).toBe('masked_lm');
    expect(() => importWeights(withCard({ task: 'poetry' }, headless), base)).toThrow('task: must be one of');
  });

  it('has the digest of what answers hang on: labels, and not the card that says them', () => {
    const { digest } = importWeights(loraAdapter(), base, { labels: ['no', 'yes'] });
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(importWeights(withCard({ labels: ['no', 'yes'], note: 'mine' }), base).digest).toBe(digest);
    expect(importWeights(loraAdapter(), base, { labels: ['yes', 'no'] }).digest).not.toBe(digest);
    expect(importWeights(loraAdapter({ lora_alpha: 9 }), base, { labels: ['no', 'yes'] }).digest).not.toBe(digest);
  });

  it('has the base’s labels where the head is the base’s', () => {
    const { brick, labels, report } = importWeights(headless, base, { task: 'sequence_classification' });
    expect(brick.head).toBeUndefined();
    expect(labels).toEqual(base.labels);
    expect(report.head).toBeUndefined();
  });

  it.each(['masked_lm', 'embedding'] as const)('has no labels for %s', (task) => {
    const { labels, report } = importWeights(headless, base, { task });
    expect(labels).toBeUndefined();
    expect(report).not.toHaveProperty('labels');
  });

  it.each(['sequence_classification', 'token_classification', 'masked_lm'] as const)(
    'refuses %s without a head of its own or of the base',
    (task) => {
      expect(() => importWeights(headless, adapterBase({ heads: [] }), { task })).toThrow(
        expect.objectContaining({
          message: `head: a ${task} adapter must bring its head or find it in the base, got neither`,
          status: 422,
          param: 'head',
        }),
      );
    },
  );

  it('needs no head for embeddings', () => {
    expect(importWeights(headless, adapterBase({ heads: [] }), { task: 'embedding' }).task).toBe('embedding');
  });

  it('refuses a key that it cannot honour by its name', () => {
    const files = loraAdapter({ no_such_key: 1 });
    expect(() => importWeights(files, base)).toThrow(expect.objectContaining({ status: 422, param: 'no_such_key' }));
  });
});
