/** Unicode code points in the first `end` code units; half a surrogate pair alone counts as one. */
export function countCodePoints(text: string, end = text.length): number {
  let count = 0;
  for (let at = 0; at < end; at = next(text, at)) count++;
  return count;
}

/**
 * Gives stretches of a text by their start and end in code points. It goes on from where it stopped, so that stretches in
 * order cost one walk over the text, without a copy of it as a list.
 */
export function codePointSlicer(text: string): (start: number, end: number) => string {
  let [unit, point] = [0, 0];
  const unitAt = (wanted: number): number => {
    if (wanted < point) [unit, point] = [0, 0];
    for (; point < wanted && unit < text.length; point++) unit = next(text, unit);
    return unit;
  };
  return (start, end) => text.slice(unitAt(start), unitAt(end));
}

function next(text: string, at: number): number {
  return at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
}
