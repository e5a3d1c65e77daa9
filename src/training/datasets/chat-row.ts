import { shown, type FaultSink } from './fault.js';
import type { RawRow } from './raw-row.js';

interface Message {
  readonly role: unknown;
  readonly text: string | undefined;
}

/**
 * A row of OpenAI's chat format, `{"messages": [{"role", "content"}, …]}`, as a text and its answer: the last message of
 * the user, and what the assistant says after it (absent when it says nothing). Other keys of the row, such as `weight` and
 * `group`, stay. System messages are left out: a classifier learns its task from the labels.
 *
 * @returns undefined, and a fault, when there is no message of a user with text
 */
export function chatRow(row: RawRow, faults: FaultSink): RawRow | undefined {
  const { messages, ...others } = row.values;
  const place = () => row.place('messages');
  if (!Array.isArray(messages)) {
    faults.add('wrong_type', place, `messages: expected a list, got ${shown(messages)}`);
    return undefined;
  }
  const read = messages.map(readMessage);
  const asked = read.findLastIndex(({ role }) => role === 'user');
  const text = read[asked]?.text;
  if (text === undefined) {
    faults.add('missing_field', place, 'messages: expected a message of the user with text content, got none');
    return undefined;
  }
  const answer = read.slice(asked + 1).findLast(({ role }) => role === 'assistant')?.text;
  const values = { ...others, text, answer };
  return { line: row.line, values, isText: true, place: (key) => (key && key in others ? row.place(key) : place()) };
}

function readMessage(message: unknown): Message {
  const { role, content } = (message ?? {}) as { role?: unknown; content?: unknown };
  if (typeof content === 'string') return { role, text: content };
  if (!Array.isArray(content)) return { role, text: undefined };
  const texts = content.flatMap((part: unknown) => {
    const { text } = (part ?? {}) as { text?: unknown };
    return typeof text === 'string' ? [text] : [];
  });
  return { role, text: texts.length > 0 ? texts.join('\n') : undefined };
}
