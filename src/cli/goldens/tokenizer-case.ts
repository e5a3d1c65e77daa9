import { z } from 'zod';
import { Tokenizer } from '../../models/tokenizers/tokenizer.js';
import { dirname, join } from 'node:path';
import { existsSync } from 'node:fs';
import { readJson, type GoldenCase, type GoldenSet } from './golden-set.js';

const rowSchema = z.object({
  text: z.string(),
  ids: z.array(z.number()),
  tokens: z.array(z.string()),
  offsets: z.array(z.tuple([z.number(), z.number()])),
  special_mask: z.array(z.number()),
  ids_no_special: z.array(z.number()),
  pair_ids: z.array(z.number()),
  pair_type_ids: z.array(z.number()).nullable(),
  decoded: z.string(),
  decoded_skip_special: z.string(),
});
type Row = z.infer<typeof rowSchema>;

/** Every row exactly: ids, tokens, offsets in code points, masks, pairs, and the text decoded again. */
export async function runTokenizerCase(set: GoldenSet, golden: GoldenCase): Promise<number> {
  const path = set.path(golden.tokenizer ?? '');
  const configPath = join(dirname(path), 'tokenizer_config.json');
  const config = existsSync(configPath) ? await readJson(configPath) : undefined;
  const tokenizer = Tokenizer.fromJson(await readJson(path), config);
  const second = golden.pair_second ?? '';
  for (const row of z.array(rowSchema).parse(golden.rows)) checkRow(tokenizer, row, second);
  return 0;
}

function checkRow(tokenizer: Tokenizer, row: Row, second: string): void {
  const encoding = tokenizer.encode(row.text);
  const expectSame = (what: string, got: unknown, expected: unknown): void => {
    const [a, b] = [JSON.stringify(got), JSON.stringify(expected)];
    if (a !== b) throw new Error(`${JSON.stringify(row.text)}: ${what}: expected ${b}, got ${a}`);
  };
  expectSame('ids', [...encoding.ids], row.ids);
  expectSame('tokens', encoding.tokens, row.tokens);
  expectSame('offsets', [...encoding.offsets], row.offsets.flat());
  expectSame('special_mask', [...encoding.specialMask], row.special_mask);
  expectSame('ids_no_special', [...tokenizer.encode(row.text, { addSpecialTokens: false }).ids], row.ids_no_special);
  const pair = tokenizer.encode(row.text, { pair: second });
  expectSame('pair_ids', [...pair.ids], row.pair_ids);
  if (row.pair_type_ids) expectSame('pair_type_ids', [...pair.typeIds], row.pair_type_ids);
  expectSame('decoded', tokenizer.decode(row.ids), row.decoded);
  expectSame('decoded_skip_special', tokenizer.decode(row.ids, { skipSpecialTokens: true }), row.decoded_skip_special);
}
