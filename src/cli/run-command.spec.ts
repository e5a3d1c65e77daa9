import { describe, expect, it } from 'vitest';
import { NotFoundError } from '../common/errors.js';
import { API_OPTIONS, ApiClient } from './api-client.js';
import type { Command } from './command.js';
import { runCommand } from './run-command.js';
import { COMMANDS } from './table.js';

function run(words: string[], commands: readonly Command[] = COMMANDS, fetcher: typeof fetch = fetch) {
  let [out, error] = ['', ''];
  const surroundings = {
    out: (text: string) => void (out += text),
    error: (text: string) => void (error += text),
    env: { TESSERA_KEY: 'k', TESSERA_URL: 'http://service/' },
    fetch: fetcher,
  };
  return runCommand(words, commands, surroundings).then((code) => ({ code, out, error }));
}

const fail: Command = {
  name: 'do fail',
  usage: 'THING',
  summary: 'fails',
  options: API_OPTIONS,
  positionals: [1, 1],
  run: () => Promise.reject(new NotFoundError('no such thing')),
};

describe('runCommand', () => {
  it('prints help when asked, and as an error for an unknown command', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('tessera inspect DIR') });
    expect(await run(['dance'])).toMatchObject({ code: 2, out: '', error: expect.stringContaining('usage') });
  });

  it('prints the usage of one command when asked', async () => {
    expect(await run(['keys', 'create', '--help'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^usage: tessera keys create --tenant ID.*\n\nmake a key/) as string,
    });
  });

  it('refuses unknown options and a wrong number of arguments with the usage', async () => {
    for (const words of [
      ['do', 'fail'],
      ['do', 'fail', 'x', '--what'],
      ['do', 'fail', 'x', 'y'],
    ]) {
      const { code, error } = await run(words, [fail]);
      expect([code, error.includes('usage: tessera do fail THING')]).toEqual([2, true]);
    }
  });

  it('prints an expected failure in one line and returns 1', async () => {
    expect(await run(['do', 'fail', 'x'], [fail])).toEqual({
      code: 1,
      out: '',
      error: 'tessera do fail: no such thing\n',
    });
  });

  it('prints the version', async () => expect((await run(['version'])).out).toMatch(/^\d+\.\d+\.\d+/));

  it('makes a key over HTTP and prints its secret alone', async () => {
    const calls: Request[] = [];
    const fetcher: typeof fetch = async (url, init) => {
      calls.push(new Request(url, init));
      return Response.json({ secret: 'tk_1' }, { status: 201 });
    };
    const { code, out } = await run(['keys', 'create', '--tenant', 'id'], COMMANDS, fetcher);
    expect([code, out]).toEqual([0, 'tk_1\n']);
    const [call] = calls;
    expect([call?.method, call?.url]).toEqual(['POST', 'http://service/admin/keys']);
    expect(call?.headers.get('authorization')).toBe('Bearer k');
    expect(await call?.json()).toEqual({ tenant: 'id', role: 'tenant:user', label: 'cli' });
  });
});

describe('ApiClient', () => {
  it('gives the error that the service answered, and what came when it is not ours', async () => {
    const answers = [
      Response.json({ error: { message: 'no such tenant', code: 'not_found' } }, { status: 404 }),
      new Response('<html>', { status: 502 }),
    ];
    const surroundings = {
      out: () => undefined,
      error: () => undefined,
      env: {},
      fetch: (async () => answers.shift()) as unknown as typeof fetch,
    };
    const client = await ApiClient.open({ key: 'k' }, surroundings, 'admin.key');
    await expect(client.call('GET', '/x')).rejects.toMatchObject({ message: 'no such tenant', status: 404 });
    await expect(client.call('GET', '/x')).rejects.toThrow('answer 502: <html>');
  });

  it('says when nobody answers', async () => {
    const fetcher = () => Promise.reject(new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') }));
    const surroundings = { out: () => undefined, error: () => undefined, env: {}, fetch: fetcher as typeof fetch };
    const client = await ApiClient.open({ key: 'k' }, surroundings, 'admin.key');
    await expect(client.call('GET', '/x')).rejects.toMatchObject({
      message: 'service: expected one at http://127.0.0.1:8080, got connect ECONNREFUSED',
      code: 'no_connection',
    });
  });

  it('says where it looked for a key', async () => {
    const surroundings = { out: () => undefined, error: () => undefined, env: { DATA_DIR: '/nowhere' }, fetch };
    await expect(ApiClient.open({}, surroundings, 'admin.key')).rejects.toThrow('/nowhere/admin.key');
  });
});
