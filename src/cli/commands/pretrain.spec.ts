import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCommand } from '../run-command.js';
import { pretrainCommand } from './pretrain.js';

async function run(...words: string[]): Promise<{ code: number; out: string; error: string }> {
  let [out, error] = ['', ''];
  const code = await runCommand(['pretrain', ...words], [pretrainCommand], {
    out: (text) => (out += text),
    error: (text) => (error += text),
    env: {},
    fetch,
  });
  return { code, out, error };
}

describe('tessera pretrain', () => {
  it.each([
    [[], '--corpus: expected a value, got none'],
    [['--corpus', 'x', '--config', 'huge'], '--config: expected one of tiny, got huge'],
    [['--corpus', 'x', '--tokens', '1.5'], '--tokens: expected a whole number from 1, got 1.5'],
    [['--corpus', 'x', '--threads', '0'], '--threads: expected a whole number from 1, got 0'],
  ])('refuses %j', async (words, message) => {
    expect(await run('--out', 'never-made', ...words)).toMatchObject({
      code: 1,
      error: `tessera pretrain: ${message}\n`,
    });
  });

  it('trains, prints its progress and leaves a model directory', { timeout: 60_000 }, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'pretrain-cli-'));
    await writeFile(join(directory, 'a.txt'), 'It was the best of times, it was the worst of times. '.repeat(120));
    const out = join(directory, 'base');
    const {
      code,
      out: text,
      error,
    } = await run('--corpus', directory, '--out', out, '--tokens', '6144', '--threads', '1');
    expect({ code, error }).toEqual({ code: 0, error: '' });
    expect(text).toMatch(/^\d+ token types, 1680 tokens of text\n█{20} 2\/2 {2}0\.01 M tokens {2}loss \d+\.\d{3} /);
    expect(text).toContain(`${out}: finished after 2 steps, loss`);
    expect((await readdir(out)).sort()).toEqual([
      'checkpoint.safetensors',
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    await rm(directory, { recursive: true });
  });
});
