import { fastify } from 'fastify';
import { describe, expect, it } from 'vitest';
import { checkStructure, readJsonBodies } from './json-body.js';

const check = (text: string): void => checkStructure(Buffer.from(text));

describe('checkStructure', () => {
  it.each([
    ['lists in lists', `${'['.repeat(17)}${']'.repeat(17)}`, 'at most 16 levels, got 17'],
    ['objects in objects', `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`, 'at most 16 levels, got 17'],
    ['brackets that never close', '['.repeat(1e6), 'at most 16 levels, got 1000000'],
    ['empty lists', `[${'[],'.repeat(10_000)}1]`, 'at most 10000 lists, got 10001'],
    ['keys', `{${'"a":1,'.repeat(1001)}"b":2}`, 'at most 1000 keys, got 1002'],
    ['numbers', `[${'5,'.repeat(250_000)}5]`, 'at most 250000 values, got 250001'],
  ])('refuses too many %s', (_what, text, message) => expect(() => check(text)).toThrow(message));

  it.each([
    ['', '0', '"', '"\\', ']'.repeat(100), '{"a":[1,{"b":"c"}]}'],
    [
      `"${'[{:,'.repeat(300_000)}"`,
      `"\\"${'['.repeat(100)}"`,
      `"\\\\\\"${'{'.repeat(100)}"`,
      `["\\\\","${'['.repeat(99)}"]`,
    ],
    [`[${'5,'.repeat(249_999)}5]`, `${'['.repeat(16)}${']'.repeat(16)}`],
  ])('takes what is within the bounds, whatever stands in texts', (...texts) => texts.forEach(check));
});

describe('readJsonBodies', () => {
  const server = fastify();
  readJsonBodies(server);
  server.post('/', (request) => Promise.resolve({ got: request.body }));
  const send = async (body: string | Buffer): Promise<{ status: number; body: string }> => {
    const headers = { 'content-type': 'application/json' };
    const { statusCode, body: text } = await server.inject({ method: 'POST', url: '/', headers, body });
    return { status: statusCode, body: text };
  };

  it('reads UTF-8, with a byte order mark too', async () => {
    expect(await send('{"a": "é🙂"}')).toEqual({ status: 200, body: '{"got":{"a":"é🙂"}}' });
    expect((await send('\ufeff{"a":1}')).body).toBe('{"got":{"a":1}}');
  });

  it.each([
    ['other bytes than UTF-8', Buffer.from('{"a": "caf\xe9"}', 'latin1'), 'expected JSON in UTF-8'],
    ['UTF-16', Buffer.from('{"a": 1}', 'utf16le'), 'JSON'],
    ['half of a character', Buffer.from([0x22, 0xe2, 0x82, 0x22]), 'expected JSON in UTF-8'],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'expected JSON in UTF-8'],
    ['nothing', '', 'Body cannot be empty'],
    ['a prototype', '{"__proto__": {"a": 1}}', 'JSON'],
    ['too deep a body', '['.repeat(20), 'at most 16 levels'],
  ])('refuses %s', async (_what, body, message) => {
    const { body: text } = await send(body);
    expect((JSON.parse(text) as { message: string }).message).toContain(message);
  });
});
