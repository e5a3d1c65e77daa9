import { expect, it } from 'vitest';
import { inferTask } from './infer-task.js';

it.each([
  ['jsonl', '{"text":"a","entities":[]}\n', 'token_classification', 'single'],
  ['jsonl', '{"text":"a","labels":["x"]}\n', 'sequence_classification', 'multi'],
  ['jsonl', '{"text":"a","label":"x"}\n', 'sequence_classification', 'single'],
  ['jsonl', '{"text":"a","score":1}\n', 'sequence_classification', 'regression'],
  ['jsonl', '{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"x"}]}\n', 'sequence_classification', 'single'], // prettier-ignore
  ['jsonl', 'not json\n{"text":"a"}\n', 'masked_lm', 'single'],
  ['csv', 'text,intent\na,b\n', 'sequence_classification', 'single'],
  ['csv', '', 'masked_lm', 'single'],
] as const)('reads %s %j as %s, %s', (format, text, task, problem) => {
  expect(inferTask(Buffer.from(text), format, { maxRowBytes: 1000 })).toEqual({ task, problem });
});
