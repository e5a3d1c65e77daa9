import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { buildDecoder } from './decoders/build-decoder.js';
import type { Encoding } from './encoding.js';
import { NormalizedString } from './normalized-string.js';
import { buildNormalizer } from './normalizers/build-normalizer.js';
import { buildPreTokenizer } from './pre-tokenizers/build-pre-tokenizer.js';
import { Tokenizer } from './tokenizer.js';

/* What the tokenizers library itself makes of small vocabularies; see make-cases.py beside the files. */

interface Case<Row> {
  json: { type?: string; model?: { type: string } };
  rows: Row[];
}

interface EncodedRow {
  text: string;
  ids: number[];
  tokens: string[];
  offsets: [number, number][];
  specialMask: number[];
  wordIds: number[];
  plainIds: number[];
  second: string;
  pairIds: number[];
  pairTypeIds: number[];
  pairOffsets: [number, number][];
  cutIds: number[];
  cutPairIds: number[];
  decoded: string;
  decodedPlain: string;
}

function load<Row>(name: string): Case<Row>[] {
  const url = new URL(`../../../test/support/tokenizer-cases/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as Case<Row>[];
}

function title({ json }: Case<unknown>): string {
  const { type = json.model?.type, ...rest } = json;
  return `${type ?? ''} ${JSON.stringify(rest).slice(0, 90)}`;
}

function pairs(flat: ArrayLike<number>): number[][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!]);
}

function spanOf(text: NormalizedString): [number, number] {
  return [text.originalStart(0), text.originalEnd(text.length - 1)];
}

describe('a normalizer gives the text and the spans of the library', () => {
  for (const one of load<[string, string, number[][]]>('normalizers')) {
    it(title(one), () => {
      const normalize = buildNormalizer(one.json);
      for (const [text, normal, spans] of one.rows) {
        const result = normalize(NormalizedString.of(text));
        const chars: NormalizedString[] = [];
        buildPreTokenizer({ type: 'FixedLength', length: 1 })(result, chars);
        expect([text, result.text]).toEqual([text, normal]);
        expect([text, chars.map(spanOf)]).toEqual([text, spans]);
      }
    });
  }
});

describe('a pre-tokenizer gives the words and the spans of the library', () => {
  for (const one of load<[string, string[], number[][]]>('pre-tokenizers')) {
    it(title(one), () => {
      const cut = buildPreTokenizer(one.json);
      for (const [text, words, spans] of one.rows) {
        const result: NormalizedString[] = [];
        if (text !== '') cut(NormalizedString.of(text), result);
        expect([text, result.map((word) => word.text)]).toEqual([text, words]);
        expect([text, result.map(spanOf)]).toEqual([text, spans]);
      }
    });
  }
});

describe('a decoder gives the text of the library', () => {
  for (const one of load<[string[], string]>('decoders')) {
    it(title(one), () => {
      const decode = buildDecoder(one.json);
      for (const [tokens, text] of one.rows) expect([tokens, decode(tokens).join('')]).toEqual([tokens, text]);
    });
  }
});

function summary({ ids, tokens, offsets, specialMask, wordIds }: Encoding): object {
  return { ids: [...ids], tokens, offsets: pairs(offsets), specialMask: [...specialMask], wordIds: [...wordIds] };
}

describe('a whole tokenizer encodes and decodes as the library', () => {
  for (const one of load<EncodedRow>('tokenizers')) {
    it(title(one), () => {
      const tokenizer = Tokenizer.fromJson(one.json);
      for (const { text, second, decoded, decodedPlain, ...row } of one.rows) {
        const { ids, tokens, offsets, specialMask, wordIds } = row;
        expect(summary(tokenizer.encode(text))).toEqual({ ids, tokens, offsets, specialMask, wordIds });
        expect([...tokenizer.encode(text, { addSpecialTokens: false }).ids]).toEqual(row.plainIds);
        const pair = tokenizer.encode(text, { pair: second });
        expect([[...pair.ids], [...pair.typeIds]]).toEqual([row.pairIds, row.pairTypeIds]);
        expect(pairs(pair.offsets)).toEqual(row.pairOffsets);
        expect([...tokenizer.encode(text, { maxTokens: 9 }).ids]).toEqual(row.cutIds);
        expect([...tokenizer.encode(text, { pair: second, maxTokens: 9 }).ids]).toEqual(row.cutPairIds);
        expect(tokenizer.decode(ids)).toBe(decoded);
        expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(decodedPlain);
      }
    });
  }
});
