import { expect, it } from 'vitest';
import { runCommand } from '../run-command.js';
import { extractCommand } from './squad.js';

const extracted = {
  experts: { before: 4, after: 2 },
  bytes: { before: 4000, after: 1500 },
  places: [
    { place: 'query.0', usage: [60, 30, 10, 0], kept: [0, 1] },
    { place: 'ffn_down.1', usage: [0, 45.5, 0, 54.5], kept: [1, 3] },
  ],
};

/** Runs `tessera squad extract …` against a service with this answer. */
async function extract(words: readonly string[], answer: object, status = 201) {
  const asked: unknown[] = [];
  let [out, error] = ['', ''];
  const code = await runCommand(['squad', 'extract', ...words], [extractCommand], {
    out: (text) => void (out += text),
    error: (text) => void (error += text),
    env: { TESSERA_KEY: 'k', TESSERA_URL: 'http://service' },
    fetch: ((url: string, { method, body }: RequestInit) => {
      asked.push(method, url.replace('http://service', ''), JSON.parse(body as string));
      return Promise.resolve(Response.json(answer, { status }));
    }) as typeof fetch,
  });
  return { code, out, error, asked };
}

it('asks for the cut, and prints the model, what it keeps, and its size', async () => {
  const words = ['crew.mood@production', '--name', 'mood', '--by', 'experts', '--keep', '2', '--alias', ''];
  const { code, out, error, asked } = await extract(words, { model: 'mood@sha256:1', extracted });
  expect([code, out]).toEqual([0, 'mood@sha256:1\n']);
  const body = { name: 'mood', by: 'experts', keep: 2, alias: '', dry_run: false };
  expect(asked).toEqual(['POST', '/v1/compositions/crew.mood%40production/extract', body]);
  expect(error.split('\n')).toEqual([
    '  query.0     0 1   90.0 %',
    '  ffn_down.1  1 3  100.0 %',
    '2 of 4 experts, 1500 of 4000 bytes (37.5 %)',
    '',
  ]);
});

it('prints no model of a dry run', async () => {
  const { code, out, asked } = await extract(['a', '--name', 'b', '--threshold', '1.5', '--dry-run'], { extracted });
  expect([code, out, asked[2]]).toEqual([0, '', { name: 'b', threshold: 1.5, dry_run: true }]);
});

it.each([
  [['a'], '--name: expected a value, got none'],
  [['a', '--name', 'b', '--by', 'luck'], '--by: expected one of layers, experts, got luck'],
  [['a', '--name', 'b', '--keep', 'two'], '--keep: expected a whole number, got two'],
])('%j is refused before anything is asked', async (words, message) => {
  const { code, error, asked } = await extract(words, {});
  expect([code === 0, asked]).toEqual([false, []]);
  expect(error).toContain(message);
});
