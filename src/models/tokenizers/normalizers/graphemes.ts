import { unitsOf } from '../characters.js';

const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** Stretches handed to the segmenter: its time grows with the square of a text's length. */
const WINDOW_UNITS = 64;

/** Between two of these, or of ASCII but CR LF, there is always a boundary: no marks, joiners, conjoining letters or flags. */
const PLAIN = /[\xa1-\xa8\xaa-\xac\xaf-\u02ff\u0391-\u03a1\u03a3-\u0481\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff]/;

const CARRIAGE_RETURN = 0x0d;
const LINE_FEED = 0x0a;

function isPlain(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  if (unit < 0x80) {
    return unit !== CARRIAGE_RETURN && (unit !== LINE_FEED || text.charCodeAt(index - 1) !== CARRIAGE_RETURN);
  }
  return PLAIN.test(text[index]!);
}

/** Extended grapheme clusters; the segmenter (about a microsecond a cluster) is asked only where it can matter. */
export function* graphemes(text: string): Generator<string> {
  for (let i = 0; i < text.length; ) {
    let end = i;
    while (end < text.length && isPlain(text, end)) end++;
    // The last plain character may carry a mark that follows it.
    const plainEnd = end === text.length ? end : end - 1;
    for (; i < plainEnd; i++) yield text[i]!;
    if (i >= text.length) return;
    let stop = end;
    while (stop < text.length && !isPlain(text, stop)) stop++;
    yield* segmented(text, i, stop);
    i = stop;
  }
}

/** Clusters between two boundaries, window by window; the last of a window is open and begins the next one. */
function* segmented(text: string, start: number, stop: number): Generator<string> {
  let units = WINDOW_UNITS;
  while (start < stop) {
    const end = start + units >= stop ? stop : atCharacter(text, start + units);
    const clusters = Array.from(segmenter.segment(text.slice(start, end)), ({ segment }) => segment);
    const closed = end === stop ? clusters : clusters.slice(0, -1);
    for (const cluster of closed) {
      yield cluster;
      start += cluster.length;
    }
    units = closed.length === 0 ? units * 2 : WINDOW_UNITS;
  }
}

/** The index, or the one before when it is in the middle of a character. */
function atCharacter(text: string, index: number): number {
  return unitsOf(text.codePointAt(index - 1)!) === 2 ? index - 1 : index;
}
