import { describe, expect, it } from 'vitest';
import { FaultLog } from './fault.js';
import { JsonlReader } from './read-jsonl.js';

function read(text: string) {
  const faults = new FaultLog();
  const reader = new JsonlReader(faults, { maxRowBytes: 1000 });
  const rows = [...reader.push(Buffer.from(text)), ...reader.end()];
  return { rows, faults: faults.first, count: reader.rows };
}

describe('JsonlReader', () => {
  it('reads one object a line, passes over blank lines and counts rows', () => {
    const { rows, faults, count } = read('{"text":"a"}\n\n  \r\n{"text":"b"}');
    expect(rows.map(({ line, values }) => [line, values])).toEqual([[1, { text: 'a' }], [4, { text: 'b' }]]); // prettier-ignore
    expect([faults, count]).toEqual([[], 2]);
  });

  it.each([
    ['{"text":"a"', 'invalid_json', 12],
    ['{"text":"a",}', 'invalid_json', 13],
    ['{"😀":1 "b":2}', 'invalid_json', 8],
    ['abc', 'invalid_json', 1],
    ["{'text':1}", 'invalid_json', 2],
    ['{"value":NaN}', 'not_finite', 10],
    ['{"value":-Infinity}', 'not_finite', 10],
    ['[1]', 'wrong_type', 1],
    ['null', 'wrong_type', 1],
    ['"text"', 'wrong_type', 1],
  ])('says where %s is wrong', (line, kind, column) => {
    const { rows, faults, count } = read(`{}\n${line}\n{}`);
    expect(faults).toEqual([expect.objectContaining({ kind, line: 2, column })]);
    expect([rows.length, count]).toEqual([2, 3]);
  });

  it('knows the column of each value, also behind strings that look like keys', () => {
    const [row] = read('{"a": "\\"b\\": 1, {", "n": {"b": 2}, "😀": [1, 2], "b" : 3}').rows;
    expect(['a', 'n', '😀', 'b', 'none'].map((key) => row?.place(key).column)).toEqual([7, 27, 42, 56, 1]);
  });

  it('takes a chat for its last question and the answer to it', () => {
    const [row] = read(
      JSON.stringify({
        weight: 2,
        messages: [
          { role: 'system', content: 'Classify.' },
          { role: 'user', content: 'old' },
          { role: 'assistant', content: 'no' },
          { role: 'user', content: [{ type: 'text', text: 'new' }] },
          { role: 'assistant', content: 'yes' },
        ],
      }),
    ).rows;
    expect([row?.values, row?.isText]).toEqual([{ text: 'new', answer: 'yes', weight: 2 }, true]);
  });

  it('leaves the answer absent when the assistant says nothing after the question', () => {
    const chat = (...messages: object[]) => read(JSON.stringify({ messages })).rows[0]?.values;
    const asked = { role: 'user', content: 'a' };
    expect(chat({ role: 'assistant', content: 'x' }, asked)).toEqual({ text: 'a', answer: undefined });
    expect(chat(asked, { role: 'assistant', content: null })).toEqual({ text: 'a', answer: undefined });
  });

  it.each(['{"messages":1}', '{"messages":[]}', '{"messages":[null,5]}', '{"messages":[{"role":"user","content":7}]}'])(
    'refuses the chat %s',
    (line) => expect(read(line)).toMatchObject({ rows: [], faults: [{ line: 1, column: 13 }] }),
  );
});
