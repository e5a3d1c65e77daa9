import type { ArgumentMetadata } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ValidationPipe } from './validation.js';

const pipe = new ValidationPipe();
const schema = z.strictObject({ name: z.string(), counts: z.array(z.int()).default([1]) });
const body: ArgumentMetadata = { type: 'body', schema };

describe('ValidationPipe', () => {
  it('gives what the schema makes of a value, and leaves alone what has no schema', async () => {
    expect(await pipe.transform({ name: 'a' }, body)).toEqual({ name: 'a', counts: [1] });
    expect(await pipe.transform(5, { type: 'body' })).toBe(5);
  });

  it.each([
    ['a key of the wrong type', { name: 5 }, body, 'name', /^name: expected string, got 5$/],
    ['an item of a list', { name: 'a', counts: [1, 'b'] }, body, 'counts', /^counts\[1\]: expected number, got "b"$/],
    ['an unknown key', { name: 'a', nmae: 'b' }, body, 'nmae', /^expected no other keys, got "nmae"$/],
    ['no body', undefined, body, undefined, /^body: expected JSON, got none$/],
    ['a key that is missing', {}, body, 'name', /^name: expected string, got nothing$/],
    ['a list where a text is due', { name: [1, 2] }, body, 'name', /^name: expected string, got a list of 2$/],
    ['an object where a text is due', { name: { a: 1 } }, body, 'name', /^name: expected string, got an object$/],
    ['a list for a body', [], body, undefined, /^expected object, got a list of 0$/],
    [
      'a part of the path',
      'x',
      { type: 'param', data: 'version', schema: z.string().min(2) } as const,
      'version',
      /^version: expected string to have >=2 characters, got "x"$/,
    ],
  ])('names %s', async (_what, value, metadata, param, message) => {
    const fault = pipe.transform(value, metadata);
    await expect(fault).rejects.toMatchObject({ status: 400, param });
    await expect(fault).rejects.toThrow(message);
  });

  it('lists the first faults and counts the others', async () => {
    const many = { name: 'a', counts: Array<string>(9).fill('x') };
    await expect(pipe.transform(many, body)).rejects.toThrow(/counts\[4\].*; and 4 more$/);
  });

  it('stays short whatever was sent', async () => {
    const keys = Object.fromEntries(Array.from({ length: 900 }, (_none, i) => [`${'k'.repeat(500)}${i}`, 1]));
    for (const value of [
      { name: 'a', ...keys },
      { name: 5, ...keys },
      { name: 'a', counts: 'x'.repeat(1e6) },
    ]) {
      const fault: unknown = await pipe.transform(value, body).catch((error: unknown) => error);
      expect((fault as Error).message.length).toBeLessThan(1000);
      expect((fault as { param: string }).param.length).toBeLessThan(100);
    }
  });
});
