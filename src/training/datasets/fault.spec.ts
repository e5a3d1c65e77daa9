import { expect, it } from 'vitest';
import { FaultLog, shown } from './fault.js';

it('keeps the first faults and counts all by kind, working out places only for those kept', () => {
  const log = new FaultLog(2);
  let asked = 0;
  const place = () => ({ line: ++asked, column: 1 });
  log.add('wrong_type', place, 'a');
  log.add('too_long', place, 'b');
  log.add('wrong_type', place, 'c');
  expect(log.first.map(({ line, kind, severity }) => [line, kind, severity])).toEqual([
    [1, 'wrong_type', 'error'],
    [2, 'too_long', 'warning'],
  ]);
  expect([log.counts, asked]).toEqual([{ wrong_type: 2, too_long: 1 }, 2]);
});

it('cuts long values without leaving half a surrogate pair', () => {
  expect(shown(`${'x'.repeat(58)}😀`)).toBe(`"${'x'.repeat(58)}…`);
  expect([shown(undefined), shown(NaN), shown(null)]).toEqual(['none', 'NaN', 'null']);
});
