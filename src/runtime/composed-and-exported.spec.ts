import { afterAll, expect, it } from 'vitest';
import { adapterBase } from '../../test/support/adapter-base.js';
import { loraAdapter } from '../../test/support/peft-adapter.js';
import { answerOf, closeHosts, distance, RowMaker, tinyHost } from '../../test/support/tiny-host.js';
import type { AdapterFiles } from '../adapters/files.js';
import { importAdapter } from '../adapters/import.js';
import { mergeAdapters } from '../composition/merge/merge.js';
import type { MergeOptions } from '../composition/merge/options.js';
import { reduceComposition } from '../composition/terms.js';
import { parseText } from '../composition/text.js';

const TOLERANCE = 2e-5;
const base = { ...adapterBase(), digest: 'sha256:test', parameters: 0 };
const maker = new RowMaker(base, 3);
const FILES: Readonly<Record<string, AdapterFiles>> = {
  a: loraAdapter(),
  b: loraAdapter({ lora_alpha: 2 }, (tensors) => {
    for (const { data } of Object.values(tensors)) data.reverse();
  }),
};

afterAll(closeHosts);

/** Distance between the last hidden states of a served sum and those of what it exports to. */
async function difference(text: string, options: MergeOptions): Promise<number> {
  const host = await tinyHost(base);
  const load = async (id: string, files: AdapterFiles) => host.load(id, importAdapter(files, base).brick);
  for (const [name, files] of Object.entries(FILES)) await load(name, files);
  const { terms } = reduceComposition(parseText(text)).answers[0]!;
  const members = terms.map(({ member, weight }) => ({ files: FILES[member]!, weight }));
  await load('exported', mergeAdapters(members, { head: 0, ...options }).files);
  const row = { ...maker.row(undefined, { tokens: 9, task: { kind: 'hidden' } }) };
  const bricks = terms.map(({ member, weight }) => ({ id: member, weight }));
  return distance(
    await answerOf(host, { ...row, bricks }),
    await answerOf(host, { ...row, bricks: [{ id: 'exported', weight: 1 }] }),
  );
}

it.each(['a', '0.5*a', 'a + b', '0.7*a - 0.4*b', 'b - 2*(a - b)'])('%s served is what it exports to', async (text) => {
  expect(await difference(text, { kind: 'cat' })).toBeLessThan(TOLERANCE);
  expect(await difference(text, { kind: 'svd', rank: 8 })).toBeLessThan(TOLERANCE);
});

it('cut to fewer ranks than it has it is another', async () => {
  expect(await difference('a + b', { kind: 'svd', rank: 4 })).toBeGreaterThan(100 * TOLERANCE);
});
