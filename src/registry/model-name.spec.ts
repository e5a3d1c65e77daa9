import { describe, expect, it } from 'vitest';
import { expectAdapterName, expectAliasName, modelNotFound, parseModelName } from './model-name.js';

const digest = `sha256:${'ab'.repeat(32)}`;

describe('parseModelName', () => {
  it('reads the four forms', () => {
    expect(parseModelName('base')).toEqual({ kind: 'base' });
    expect(parseModelName('intents')).toEqual({ kind: 'alias', name: 'intents', alias: 'production' });
    expect(parseModelName('intents@challenger')).toEqual({ kind: 'alias', name: 'intents', alias: 'challenger' });
    expect(parseModelName(`intents@${digest}`)).toEqual({ kind: 'version', name: 'intents', digest });
  });

  const malformed = [
    '',
    '@',
    'a@',
    '@a',
    'base@production',
    'A',
    'a b',
    'a@b@c',
    'a@sha256:ab',
    `a@${digest}0`,
    `a@SHA256:${'ab'.repeat(32)}`,
  ];
  it.each([...malformed, `a@sha256:${'AB'.repeat(32)}`, 'a/b', '../a', 'ä', 'a'.repeat(64), 'a\n', "a' or 1=1"])(
    'refuses %j',
    (text) => {
      expect(parseModelName(text)).toBeUndefined();
    },
  );
});

describe('names', () => {
  it('are bounded, and base is taken', () => {
    expectAdapterName('a.b_c-1');
    expectAliasName('base');
    expect(() => expectAdapterName('base')).toThrow(/got "base"/);
    expect(() => expectAdapterName('')).toThrow(/name: expected/);
    expect(() => expectAliasName('Production')).toThrow(/alias: expected/);
  });

  it('are cut in messages', () => {
    expect(modelNotFound('x'.repeat(10_000)).message.length).toBeLessThan(400);
  });
});
