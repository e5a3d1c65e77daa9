import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../../models/tokenizers/tokenizer.js';
import { bertTokenizerConfig, bertTokenizerJson, SPECIAL_TOKENS } from './bert-tokenizer-file.js';
import { WordCounts } from './word-counts.js';
import { trainWordPiece } from './wordpiece-trainer.js';

const TEXT =
  'the cat sat on the mat. the cats sat; naïve café 日本 bat batting hat hats\n'.repeat(3) + 'zebra Émile THE\n';

function wordsOf(text: string): Map<string, number> {
  const counts = new WordCounts();
  counts.add(text);
  return counts.words();
}

describe('words of a text', () => {
  it('are those of BERT: lower-case, without accents, punctuation and ideographs apart, controls gone', () => {
    const words = wordsOf('Don’t STOP,\u00a0Émile—日本\u0000\u2009a\u200db\nstop');
    expect(Object.fromEntries(words)).toEqual({
      don: 1,
      '’': 1,
      t: 1,
      stop: 2,
      ',': 1,
      emile: 1,
      '—': 1,
      日: 1,
      本: 1,
      ab: 1,
    });
  });
});

describe('learning a WordPiece vocabulary', () => {
  it('joins what the tokenizers library 0.23 joins, but for its ties between inner characters', () => {
    const tokens = trainWordPiece(wordsOf(TEXT), { vocabSize: 30_000, minFrequency: 0 });
    const joined = '##at th the bat cat hat sat ca mat na on'; // all that comes more than three times, and the first threes
    expect(tokens.slice(40, 51)).toEqual(joined.split(' '));
    for (const word of 'cats hats cafe naive batting emile zebra'.split(' ')) expect(tokens).toContain(word);
    expect(tokens).toHaveLength(70);
    expect(tokens.slice(5, 25)).toEqual('. ; a b c e f g h i l m n o r s t v z 日'.split(' '));
  });

  it('stops at the size asked for, with the same tokens in the same order', () => {
    const all = trainWordPiece(wordsOf(TEXT), { vocabSize: 30_000, minFrequency: 0 });
    expect(trainWordPiece(wordsOf(TEXT), { vocabSize: 45, minFrequency: 0 })).toEqual(all.slice(0, 45));
    expect(trainWordPiece(wordsOf(TEXT), { vocabSize: 30_000, minFrequency: 4 }).at(-1)).toBe('sat');
  });

  it('joins runs of one character from the left, and counts what is left of them', () => {
    const tokens = trainWordPiece(new Map([['aaaaa', 3]]), { vocabSize: 100 });
    expect(tokens.slice(SPECIAL_TOKENS.length)).toEqual(['a', '##a', '##aa', 'aaa', 'aaaaa']);
  });

  it('keeps the most frequent characters, and refuses a size that has no room for them', () => {
    const words = new Map([
      ['ab', 5],
      ['xyz', 1],
    ]);
    expect(trainWordPiece(words, { vocabSize: 100, alphabetLimit: 2 }).slice(5)).toEqual(['a', 'b', '##b', 'ab']);
    expect(() => trainWordPiece(words, { vocabSize: 8 })).toThrow(
      'vocabSize: expected at least 13 for the alphabet, got 8',
    );
    expect(trainWordPiece(new Map(), { vocabSize: 100 })).toEqual([...SPECIAL_TOKENS]);
  });

  it('gives a tokenizer that reads every word it has learned as one token', () => {
    const tokens = trainWordPiece(wordsOf(TEXT), { vocabSize: 30_000, minFrequency: 0 });
    const tokenizer = Tokenizer.fromJson(bertTokenizerJson(tokens), bertTokenizerConfig(64));
    expect(tokenizer.vocabSize).toBe(tokens.length);
    expect(tokenizer.encode('The ZEBRA sat?').tokens).toEqual(['[CLS]', 'the', 'zebra', 'sat', '[UNK]', '[SEP]']);
    expect(tokenizer.special.mask).toBe(4);
  });
});
