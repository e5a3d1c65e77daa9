import { asObject, asString, refuse } from './json.js';
import { unitsOf } from './characters.js';
import { compileOniguruma } from './oniguruma.js';

/** Finds all matches in a text: start and end of each in code units, in order, never overlapping. */
export type Pattern = (text: string) => readonly number[];

/** Matches of one character class member at a time. */
export function characterPattern(isMember: (codePoint: number) => boolean): Pattern {
  return (text) => {
    const matches: number[] = [];
    for (let i = 0; i < text.length; ) {
      const point = text.codePointAt(i)!;
      const next = i + unitsOf(point);
      if (isMember(point)) matches.push(i, next);
      i = next;
    }
    return matches;
  };
}

export function stringPattern(needle: string): Pattern {
  if (needle === '') return regexPattern(/(?:)/gu);
  return (text) => {
    const matches: number[] = [];
    for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + needle.length)) {
      matches.push(at, at + needle.length);
    }
    return matches;
  };
}

/** Matches of a regular expression with flag `g`; an empty match right after a match does not count. */
export function regexPattern(regex: RegExp): Pattern {
  return (text) => {
    const matches: number[] = [];
    let lastEnd = -1;
    regex.lastIndex = 0;
    for (let match = regex.exec(text); match !== null; match = regex.exec(text)) {
      const start = match.index;
      const end = start + match[0].length;
      if (end > start || end !== lastEnd) {
        matches.push(start, end);
        lastEnd = end;
      }
      if (end === start) regex.lastIndex = end + unitsOf(text.codePointAt(end) ?? 0);
    }
    return matches;
  };
}

/** Reads `{"String": …}` or `{"Regex": …}`, the latter in Oniguruma's syntax. */
export function buildPattern(json: unknown, where: string): Pattern {
  const fields = asObject(json, where);
  if ('String' in fields) return stringPattern(asString(fields['String'], `${where}.String`));
  if ('Regex' in fields) {
    return regexPattern(compileOniguruma(asString(fields['Regex'], `${where}.Regex`), `${where}.Regex`));
  }
  return refuse(where, 'a String or a Regex', Object.keys(fields).join(', '));
}
