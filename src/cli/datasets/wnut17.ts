import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ValidationError } from '../../common/errors.js';
import { linesOf } from './labelled-text.js';

/** A sentence, its words joined by spaces, with its entities in code points. */
export interface TaggedText {
  readonly text: string;
  readonly entities: readonly { readonly start: number; readonly end: number; readonly label: string }[];
}

const FILES = { train: 'wnut17train.conll', dev: 'emerging.dev.conll', test: 'emerging.test.annotated' } as const;

/**
 * A split of WNUT17, a word and its BIO tag on each line, sentences apart by an empty line: Derczynski et al. 2017, "Results
 * of the WNUT2017 Shared Task on Novel and Emerging Entity Recognition".
 */
export async function readWnut17(data: string, split: keyof typeof FILES): Promise<TaggedText[]> {
  const lines = linesOf(await readFile(join(data, 'wnut17', FILES[split]), 'utf8'));
  const sentences: TaggedText[] = [];
  let words: Word[] = [];
  const end = (): void => {
    if (words.length > 0) sentences.push(joined(words));
    words = [];
  };
  lines.forEach((line, at) => {
    const [word = '', tag] = line.split('\t').map((part) => part.trim());
    if (word === '') end();
    else if (tag !== undefined && /^(O|[BI]-.+)$/.test(tag)) words.push({ word, tag });
    else throw new ValidationError(`wnut17: line ${at + 1}: expected a word and a BIO tag, got ${line}`);
  });
  end();
  return sentences;
}

interface Word {
  readonly word: string;
  readonly tag: string;
}

function joined(words: readonly Word[]): TaggedText {
  const entities: { start: number; end: number; label: string }[] = [];
  let at = 0;
  let last: string | undefined;
  for (const { word, tag } of words) {
    const label = tag === 'O' ? undefined : tag.slice(2);
    const end = at + Array.from(word).length;
    const open = entities.at(-1);
    if (label !== undefined && open && label === last && tag.startsWith('I-')) open.end = end;
    else if (label !== undefined) entities.push({ start: at, end, label });
    last = label;
    at = end + 1;
  }
  return { text: words.map(({ word }) => word).join(' '), entities };
}
