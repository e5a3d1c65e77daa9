import { describe, expect, it } from 'vitest';
import { graphemes } from './graphemes.js';

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });

describe('graphemes', () => {
  const texts = ['', 'abc', 'a\r\nb\n\n', 'e\u0301x\u0301', '👍🏽👨‍👩‍👧z', '🇩🇪🇫🇷🇩', '각\u1100\u1161\u11a8', 'नमस्ते', '\t\u0301a\u200d'];
  for (const text of texts) {
    it(`cuts ${JSON.stringify(text)} as the segmenter does`, () => {
      expect([...graphemes(text)]).toEqual(Array.from(segmenter.segment(text), ({ segment }) => segment));
    });
  }

  it('cuts the same across its windows', () => {
    const text = '👍🏽'.repeat(33) + 'e\u0301\u0316'.repeat(30) + '🇩🇪'.repeat(41) + '\u0301'.repeat(300) + '中';
    expect([...graphemes(text)]).toEqual(Array.from(segmenter.segment(text), ({ segment }) => segment));
  });

  it('takes a long text of clusters in time that grows with its length', () => {
    expect([...graphemes('👍🏽'.repeat(50_000))]).toHaveLength(50_000);
  });
});
