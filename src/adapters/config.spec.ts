import { describe, expect, it } from 'vitest';
import { IncompatibleAdapterError, ValidationError } from '../common/errors.js';
import {
  booleanKey,
  canonicalJson,
  integerKey,
  numberKey,
  objectKey,
  parseConfig,
  patternKey,
  sameJson,
  show,
  stringKey,
  stringsKey,
  toConfig,
} from './config.js';

const parse = (text: string) => parseConfig(new TextEncoder().encode(text), 'adapter_config.json');

describe('parseConfig', () => {
  it.each(['', '[]', 'null', '{', '{"a":1,}', '{"a":1,"a":2}', '{"a":NaN}', '"x"', '{} {}'])('refuses %j', (text) => {
    expect(() => parse(text)).toThrow(ValidationError);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseConfig(Uint8Array.of(0x7b, 0xff, 0x7d), 'card.json')).toThrow('card.json: must be UTF-8');
  });

  it('keeps keys that would reach a prototype as data', () => {
    expect(parse('{"__proto__": {"r": 1}}').get('__proto__')).toEqual(new Map([['r', 1]]));
  });
});

describe('keys', () => {
  const config = toConfig({ n: 3, x: 0.5, t: true, s: 'a', l: ['a', 'b'], o: { k: 1 }, z: null });

  it('reads each kind and the default for null and absent', () => {
    expect([
      integerKey(config, 'n', 1),
      numberKey(config, 'x'),
      booleanKey(config, 't'),
      stringKey(config, 's'),
    ]).toEqual([3, 0.5, true, 'a']);
    expect([stringsKey(config, 'l'), patternKey(config, 's'), [...objectKey(config, 'o')]]).toEqual([
      ['a', 'b'],
      'a',
      [['k', 1]],
    ]);
    expect([integerKey(config, 'z', 1, 7), booleanKey(config, 'absent', false), objectKey(config, 'z').size]).toEqual([
      7,
      false,
      0,
    ]);
  });

  it.each([
    [() => integerKey(config, 'x', 0), 'x: must be an integer of at least 0, got 0.5'],
    [() => integerKey(config, 'n', 4), 'n: must be an integer of at least 4, got 3'],
    [() => numberKey(config, 's'), 's: must be a number, got "a"'],
    [() => booleanKey(config, 'n'), 'n: must be true or false, got 3'],
    [() => stringKey(config, 'z'), 'z: must be a string, got null'],
    [() => stringsKey(config, 's'), 's: must be a list of strings, got "a"'],
    [() => patternKey(config, 'o'), 'o: must be a string or a list of strings, got {"k":1}'],
    [() => objectKey(config, 'l'), 'l: must be an object, got ["a","b"]'],
    [() => stringKey(config, 'gone'), 'gone: must be a string, got nothing'],
  ])('names the key, the rule and the value', (read, message) => {
    expect(read).toThrow(IncompatibleAdapterError);
    expect(read).toThrow(message);
  });
});

describe('canonicalJson', () => {
  it('is the same whatever the order of keys', () => {
    expect(canonicalJson(parse('{"b": [1, {"d": 2, "c": 3}], "a": null}'))).toBe('{"a":null,"b":[1,{"c":3,"d":2}]}');
    expect(sameJson(parse('{"a":1,"b":2}'), parse('{"b":2,"a":1}'))).toBe(true);
    expect(sameJson(parse('{"a":1}'), parse('{"a":"1"}'))).toBe(false);
  });

  it('cuts long values in messages', () => {
    expect(show('x'.repeat(500))).toHaveLength(118);
    expect(show(undefined)).toBe('nothing');
  });
});
