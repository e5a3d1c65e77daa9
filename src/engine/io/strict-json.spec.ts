import { describe, expect, it } from 'vitest';
import { ValidationError } from '../../common/errors.js';
import { parseStrictJson, type JsonValue } from './strict-json.js';

const plain = (value: JsonValue): unknown =>
  value instanceof Map
    ? Object.fromEntries([...(value as ReadonlyMap<string, JsonValue>)].map(([key, item]) => [key, plain(item)]))
    : Array.isArray(value)
      ? value.map(plain)
      : value;

describe('parseStrictJson', () => {
  it.each([
    '{}',
    '[]',
    ' { "a" : [ 1 , -2.5e3 , true , false , null , "x" ] } \n',
    '{"a":{"b":{"c":[[],{}]}}}',
    '"\\u00e9\\n\\"\\\\ é 😀"',
    '0',
    '-0.0',
    '1E+2',
  ])('reads %s as the standard parser does', (text) => {
    expect(plain(parseStrictJson(text, 'x'))).toEqual(JSON.parse(text));
  });

  it.each([
    ['', 'expected a JSON value'],
    ['{', 'expected a string'],
    ['{"a"}', 'expected :'],
    ['{"a":1,}', 'expected a string'],
    ['{"a":1 "b":2}', 'expected , or }'],
    ['[1,]', 'expected a JSON value'],
    ['[1', 'expected , or ]'],
    ['{"a":1} x', 'expected the end'],
    ['{"a":1,"a":2}', 'expected each key once, got "a" again'],
    ['{"a":1,"\\u0061":2}', 'expected each key once'],
    ['01', 'expected the end'],
    ['+1', 'expected a JSON value'],
    ['.5', 'expected a JSON value'],
    ['NaN', 'expected a JSON value'],
    ["'a'", 'expected a JSON value'],
    ['"a\nb"', 'expected a string'],
    ['"\\x"', 'expected a string'],
    ['"abc', 'expected a string'],
    ['"abc\\"', 'expected a string'],
    ['['.repeat(18), 'expected at most 16 levels'],
  ])('refuses %s: %s', (text, message) => {
    expect(() => parseStrictJson(text, 'x')).toThrow(message);
    expect(() => parseStrictJson(text, 'x')).toThrow(ValidationError);
  });

  it('reads a string of many megabytes', () => {
    const long = 'é\\"'.repeat(2_000_000);
    expect(parseStrictJson(JSON.stringify(long), 'x')).toBe(long);
  });

  it('keeps a key named __proto__ as a key', () => {
    const value = parseStrictJson('{"__proto__":{"polluted":1}}', 'x') as ReadonlyMap<string, JsonValue>;
    expect([...value.keys()]).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
