import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { issuePath, issueText } from './schema-issue.js';

const schema = z.strictObject({
  method: z.discriminatedUnion('name', [
    z.strictObject({ name: z.literal('a'), rank: z.int().min(1) }),
    z.strictObject({ name: z.literal('b') }),
  ]),
  rows: z.array(z.enum(['x', 'y'])).default([]),
});

describe('issueText', () => {
  it.each([
    [{ method: { name: 'c' } }, 'method.name', /^expected 'a' \| 'b', got "c"$/],
    [{ method: { name: 'a', rank: 0 } }, 'method.rank', /^expected number to be >=1, got 0$/],
    [{ method: { name: 'b', rnk: 1 } }, 'method', /^expected no other keys, got "rnk"$/],
    [{ method: { name: 'b' }, rows: ['x', 'z'] }, 'rows[1]', /^expected one of "x"\|"y", got "z"$/],
    [{}, 'method', /^expected object, got nothing$/],
  ])('names the rule and the value got: %j', (value, path, text) => {
    const [issue] = schema.safeParse(value).error?.issues ?? [];
    expect(issuePath(issue?.path)).toBe(path);
    expect(issue && issueText(issue, value)).toMatch(text);
  });
});
