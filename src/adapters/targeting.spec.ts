import { describe, expect, it } from 'vitest';
import { toConfig } from './config.js';
import { isSavedWhole, savedModules, targeted } from './targeting.js';

const paths = [0, 1, 12].flatMap((layer) => [
  `bert.encoder.layer.${layer}.attention.self.query`,
  `bert.encoder.layer.${layer}.attention.self.value`,
  `bert.encoder.layer.${layer}.output.dense`,
]);
const of = (config: Record<string, unknown>, saved: readonly string[] = []) =>
  [...targeted(toConfig(config), paths, saved)].map((path) =>
    path.replace('bert.encoder.layer.', '').replace('attention.self.', ''),
  );

describe('targeted', () => {
  it.each([
    [{ target_modules: ['query'] }, ['0.query', '1.query', '12.query']],
    [{ target_modules: ['self.query'] }, ['0.query', '1.query', '12.query']],
    [{ target_modules: ['uery'] }, []],
    [{ target_modules: 'query' }, []],
    [{ target_modules: '.*query' }, ['0.query', '1.query', '12.query']],
    [{ target_modules: '.*layer\\.1\\..*(query|dense)' }, ['1.query', '1.output.dense']],
    [{ target_modules: ['bert.encoder.layer.1.output.dense'] }, ['1.output.dense']],
    [
      { target_modules: ['query'], exclude_modules: ['bert.encoder.layer.1.attention.self.query'] },
      ['0.query', '12.query'],
    ],
    [{ target_modules: ['query'], exclude_modules: '.*layer\\.1\\d?\\..*' }, ['0.query']],
    [{ target_modules: ['query'], layers_to_transform: [1, 12] }, ['1.query', '12.query']],
    [{ target_modules: ['query'], layers_to_transform: 0 }, ['0.query']],
    [{ target_modules: ['query'], layers_to_transform: [] }, ['0.query', '1.query', '12.query']],
    [{ target_modules: ['query'], layers_to_transform: [1], layers_pattern: 'layer' }, ['1.query']],
    [{ target_modules: ['query'], layers_to_transform: [1], layers_pattern: ['h', 'encoder.layer'] }, ['1.query']],
    [{ target_modules: ['query'], layers_to_transform: [1], layers_pattern: 'h' }, []],
    [{ target_modules: '.*query', layers_to_transform: [1] }, ['0.query', '1.query', '12.query']],
    [{ target_modules: ['bert.encoder.layer.0.output.dense'], layers_to_transform: [1] }, ['0.output.dense']],
  ])('%j', (config, expected) => {
    expect(of(config)).toEqual(expected);
  });

  it('never adapts a module that is saved whole', () => {
    expect(of({ target_modules: ['query', 'dense'] }, ['output'])).toEqual(['0.query', '1.query', '12.query']);
  });
});

describe('saved modules', () => {
  it('are those of the configuration and what PEFT adds for classification, each once', () => {
    expect(
      savedModules(toConfig({ modules_to_save: ['pooler', 'classifier', 'classifier'], task_type: 'SEQ_CLS' })),
    ).toEqual(['pooler', 'classifier', 'score']);
    expect(savedModules(toConfig({ modules_to_save: null }))).toEqual([]);
  });

  it('match every module whose path ends with the name', () => {
    expect(isSavedWhole('pre_classifier.weight', ['classifier'])).toBe(true);
    expect(isSavedWhole('classifier.out_proj.weight', ['classifier'])).toBe(true);
    expect(isSavedWhole('bert.pooler.dense.bias', ['pooler'])).toBe(true);
    expect(isSavedWhole('bert.encoder.layer.0.output.dense.bias', ['classifier'])).toBe(false);
  });
});
