const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** Between two of these there is always a boundary: no marks, joiners, conjoining letters, flags or line breaks. */
const PLAIN = /[ -~\xa1-\xa8\xaa-\xac\xaf-\u02ff\u0391-\u03a1\u03a3-\u0481\u3041-\u3096\u30a1-\u30fa\u4e00-\u9fff]/;

function isPlain(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit < 0x80 ? unit >= 0x20 && unit < 0x7f : PLAIN.test(text[index]!);
}

/** Extended grapheme clusters; the segmenter (about a microsecond a cluster) is asked only where it can matter. */
export function* graphemes(text: string): Generator<string> {
  let i = 0;
  while (i < text.length) {
    let end = i;
    while (end < text.length && isPlain(text, end)) end++;
    // The last plain character may carry a mark that follows it.
    const plainEnd = end === text.length ? end : end - 1;
    for (; i < plainEnd; i++) yield text[i]!;
    if (i >= text.length) return;
    let stop = end;
    while (stop < text.length && !isPlain(text, stop)) stop++;
    for (const { segment } of segmenter.segment(text.slice(i, stop))) yield segment;
    i = stop;
  }
}
