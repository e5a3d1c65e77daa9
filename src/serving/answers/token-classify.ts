import { codePointSlicer } from '../../common/code-points.js';
import type { HeadLabels } from '../../models/heads.js';
import { scoresOf, topIndices } from '../../models/labels.js';
import type { Encoding } from '../../models/tokenizers/encoding.js';

/** A labelled stretch of the input; `start` and `end` count Unicode code points. */
export interface Entity {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly label: string;
  readonly score: number;
}

interface Word {
  readonly start: number;
  end: number;
  /** Label without its `B-` or `I-`. */
  readonly label: string;
  readonly begins: boolean;
  readonly score: number;
}

/**
 * The entities of one text. Each word takes the label of its first token (as taggers are trained); words of one label that
 * follow each other are one entity, unless the later one begins with `B-`. Words labelled `O` are left out. The score is the
 * mean over the words.
 *
 * @param logits [positions, labels]
 */
export function entities(text: string, encoding: Encoding, logits: Float32Array, head: HeadLabels): Entity[] {
  const found: Word[][] = [];
  let previous: Word | undefined;
  for (const word of words(encoding, logits, head)) {
    const isSame = previous !== undefined && previous.label === word.label && !word.begins;
    if (word.label !== 'O') {
      if (isSame) found.at(-1)?.push(word);
      else found.push([word]);
    }
    previous = word;
  }
  const slice = codePointSlicer(text);
  return found.map((group) => entityOf(group, slice));
}

function entityOf(group: readonly Word[], slice: (start: number, end: number) => string): Entity {
  const start = group[0]?.start ?? 0;
  const end = group.at(-1)?.end ?? 0;
  const score = group.reduce((sum, word) => sum + word.score, 0) / group.length;
  return { start, end, text: slice(start, end), label: group[0]?.label ?? 'O', score };
}

function words(encoding: Encoding, logits: Float32Array, head: HeadLabels): Word[] {
  const labels = head.labels.length;
  const found: Word[] = [];
  let current = -1;
  encoding.wordIds.forEach((wordId, position) => {
    if (encoding.specialMask[position] === 1 || wordId < 0) return;
    const end = encoding.offsets[2 * position + 1] ?? 0;
    const last = found.at(-1);
    if (wordId === current && last !== undefined) {
      last.end = end;
      return;
    }
    current = wordId;
    const scores = scoresOf(logits.subarray(position * labels, (position + 1) * labels), head.problem);
    const best = topIndices(scores, 1)[0] ?? 0;
    const name = head.labels[best] ?? `LABEL_${best}`;
    const label = name.replace(/^[BI]-/, '');
    found.push({
      start: encoding.offsets[2 * position] ?? 0,
      end,
      label,
      begins: name.startsWith('B-'),
      score: scores[best] ?? 0,
    });
  });
  return found;
}
