import { countCodePoints } from '../../common/code-points.js';

/**
 * Columns (code points from 1) of the values of a JSON object's own keys. The text must be valid JSON; of a key that comes
 * twice the last is given, as `JSON.parse` does it.
 */
export function valueColumns(text: string): Map<string, number> {
  const columns = new Map<string, number>();
  const token = /"(?:[^"\\]|\\.)*"|[{}[\]:,]/g;
  let depth = 0;
  let key: string | undefined;
  for (let found = token.exec(text); found !== null; found = token.exec(text)) {
    const [mark] = found;
    if (mark === '{' || mark === '[') depth++;
    else if (mark === '}' || mark === ']') depth--;
    else if (depth === 1 && mark === ':' && key !== undefined) {
      columns.set(key, countCodePoints(text, valueStart(text, token.lastIndex)) + 1);
    } else if (depth === 1 && mark.startsWith('"')) key = JSON.parse(mark) as string;
  }
  return columns;
}

function valueStart(text: string, from: number): number {
  const space = /\s*/y;
  space.lastIndex = from;
  space.exec(text);
  return space.lastIndex;
}
