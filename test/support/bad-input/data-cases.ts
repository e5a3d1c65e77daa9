import { gzipSync } from 'node:zlib';

const WORDS = ['river', 'mountain', 'paper', 'window', 'copper', 'orange', 'violin', 'harbour', 'meadow', 'lantern'];

/** No two alike. */
const textOf = (at: number): string =>
  [at % 10, (at * 7) % 10, (at * 3 + 1) % 10].map((word) => WORDS[word]).join(' ') + ` ${at * 7919}`;

function lines(count: number, row: (at: number) => object): string {
  return Array.from(
    { length: count },
    (_, at) => `${JSON.stringify({ text: textOf(at), label: 'ab'[at % 2], ...row(at) })}\n`,
  ).join('');
}

const GOOD = lines(40, () => ({}));
const CSV = Array.from({ length: 40 }, (_, at) => `${textOf(at)},${'ab'[at % 2]!}\n`).join('');

/** What they are, the file's name, its content, and what the job's error says. */
export const BAD_DATA: readonly [what: string, name: string, content: string | Uint8Array, message: RegExp][] = [
  ['of one label', 'a.jsonl', lines(30, () => ({ label: 'a' })), /labels: expected at least 2 in the train split, got 1/],
  ['one row', 'a.jsonl', lines(1, () => ({})), /labels: expected at least 2/],
  ['one text again and again', 'a.jsonl', lines(40, () => ({ text: 'the same' })), /train split: expected at least one row, got none/],
  ['labelled with nothing', 'a.jsonl', lines(40, () => ({ label: null })), /line 1, column \d+: expected label, got none/],
  ['labelled with truth values', 'a.jsonl', lines(40, () => ({ label: true })), /line 1, column \d+: label: expected a name, got true/],
  ['blank in every third row', 'a.jsonl', lines(40, (at) => (at % 3 === 0 ? { text: ' ' } : {})), /got 14 of 40; line 1, column \d+: text: .* white space/],
  ['empty lines', 'a.jsonl', '\n\n\n', /rows: expected at least one/],
  ['one JSON list', 'a.jsonl', JSON.stringify(['a', 'b'].map((label) => ({ text: label, label }))), /expected an object on each line/],
  ['CSV named as JSON lines', 'a.jsonl', `text,label\n${CSV}`, /line 1, column 1: expected a JSON value, got "text,label"/],
  ['JSON lines named as CSV', 'a.csv', GOOD, /header: expected a line of names, got JSON; .* \.jsonl/],
  ['CSV without a header', 'a.csv', CSV, /expected a column for text/],
  ['CSV with a quote that does not end', 'a.csv', `text,label\n"one two,a\n${CSV}`, /line 2, column 1: expected a closing quote/],
  ['UTF-16', 'a.jsonl', Buffer.from(`\uFEFF${GOOD}`, 'utf16le'), /expected UTF-8, got UTF-16/],
  ['Latin-1', 'a.jsonl', Buffer.from(lines(40, (at) => ({ text: `é ${textOf(at)}` })), 'latin1'), /line 1, column \d+: expected UTF-8/],
  ['compressed', 'a.jsonl', gzipSync(GOOD), /line 1, column \d+: expected UTF-8/],
  ['zeros', 'a.jsonl', Buffer.alloc(10_000), /line 1, column 1: expected a JSON value/],
]; // prettier-ignore

/** What is strange about them, the file's name, its content, and the labels that are learned. */
export const STRANGE_DATA: readonly [what: string, name: string, content: string | Uint8Array, labels: string[]][] = [
  ['a byte order mark, semicolons and CRLF', 'a.csv', `\uFEFFtext;label\r\n${CSV.replaceAll(',', ';').replaceAll('\n', '\r\n')}`, ['a', 'b']],
  ['a last line that is cut off', 'a.jsonl', GOOD.slice(0, -9), ['a', 'b']],
  ['a line of twenty megabytes', 'a.jsonl', `${GOOD}${JSON.stringify({ text: 'word '.repeat(4_000_000), label: 'c' })}\n`, ['a', 'b']],
  ['labels that are numbers', 'a.jsonl', lines(40, (at) => ({ label: at % 2 })), ['0', '1']],
  ['labels that differ in case', 'a.jsonl', lines(40, (at) => ({ label: at % 2 ? 'Yes' : 'yes' })), ['Yes', 'yes']],
  ['emoji', 'a.jsonl', lines(40, (at) => ({ text: `😀 ${textOf(at)} 👩‍👩‍👧`, label: at % 2 ? '😀' : '👍🏽' })), ['😀', '👍🏽']],
  ['labels named as prototypes', 'a.jsonl', lines(40, (at) => ({ label: at % 2 ? '__proto__' : 'constructor' })), ['__proto__', 'constructor']],
]; // prettier-ignore
