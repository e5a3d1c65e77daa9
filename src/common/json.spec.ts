import { expect, it } from 'vitest';
import { isStorable } from './json.js';

it('finds NUL and halves of surrogate pairs in texts and keys, at any depth', () => {
  for (const value of ['a\nb', '😀', null, 1, true, [], { a: [{ b: 'c' }] }]) expect(isStorable(value)).toBe(true);
  for (const value of ['a\0', '\ud83d', ['\udc00'], { a: { '\0': 1 } }, [[{ a: ['\0'] }]]]) {
    expect(isStorable(value)).toBe(false);
  }
});
