import { expect, it } from 'vitest';
import { Closers } from './closers.js';
import { silentLog } from './log.js';

it('closes the last opened first, each once, also after one fails', async () => {
  const order: string[] = [];
  const errors: object[] = [];
  const closers = new Closers({ ...silentLog, error: (fields) => void errors.push(fields) });
  for (const name of ['a', 'b', 'c']) {
    closers.add(name, async () => {
      order.push(name);
      if (name === 'b') throw new Error('stuck');
    });
  }
  await closers.close();
  await closers.close();
  expect(order).toEqual(['c', 'b', 'a']);
  expect(errors).toMatchObject([{ step: 'b' }]);
});
