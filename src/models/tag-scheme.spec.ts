import { expect, it } from 'vitest';
import { parseTags } from './tag-scheme.js';

const short = (labels: string[]) =>
  parseTags(labels).map(({ type, begins, ends }) => `${begins ? '[' : ''}${type ?? '.'}${ends ? ']' : ''}`);

it('reads BIO', () => {
  expect(short(['O', 'B-PER', 'I-PER'])).toEqual(['.', '[PER', 'PER']);
});

it('reads IOBES and BILOU', () => {
  expect(short(['O', 'B-X', 'I-X', 'E-X', 'S-X'])).toEqual(['.', '[X', 'X', 'X]', '[X]']);
  expect(short(['O', 'B-X', 'I-X', 'L-X', 'U-X'])).toEqual(['.', '[X', 'X', 'X]', '[X]']);
});

it('reads labels without prefixes as types, and keeps hyphens in them', () => {
  expect(short(['O', 'PER', 'B-29'])).toEqual(['.', 'PER', 'B-29']);
  expect(short(['O', 'E-mail', 'S-Bahn'])).toEqual(['.', 'E-mail', 'S-Bahn']);
});
