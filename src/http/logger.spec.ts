import { expect, it } from 'vitest';
import { createLogger } from './logger.js';

it('writes JSON lines without secrets', () => {
  const lines: string[] = [];
  const logger = createLogger('info', { write: (line) => void lines.push(line) });
  logger.info({ headers: { authorization: 'Bearer tk' }, request: { headers: { authorization: 'tk' } } }, 'one');
  logger.error({ config: { secretKey: 'tk', databaseUrl: 'postgres://tk' }, key: 'tk' }, 'two');
  logger.debug({}, 'three');
  expect(lines.map((line) => JSON.parse(line).msg)).toEqual(['one', 'two']);
  expect(lines.join('')).not.toContain('tk');
});
