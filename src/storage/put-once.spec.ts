import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { FakeObjectStore } from '../../test/support/fake-object-store.js';
import { ConflictError, StorageError } from '../common/errors.js';
import { putOnce } from './put-once.js';

const body = Buffer.from('tensor');

describe('putOnce', () => {
  it('writes an object that is not there', async () => {
    const store = new FakeObjectStore();
    const info = await putOnce(store, 'a/b', Readable.from([body]));
    expect(info).toEqual(await store.find('a/b'));
    expect(info.bytes).toBe(body.byteLength);
  });

  it('takes what another has written meanwhile, and leaves it', async () => {
    const store = new FakeObjectStore();
    const first = await store.put('a/b', body);
    expect(await putOnce(store, 'a/b', Buffer.from('later'))).toEqual(first);
    expect(Buffer.from(await store.read('a/b'))).toEqual(body);
  });

  it.each([
    ['a conflict with an object that has gone', new ConflictError('object: expected none, found one')],
    ['a store that fails', new StorageError('put a/b: expected an answer, got none')],
  ])('throws %s', async (_what, error) => {
    const store = { put: () => Promise.reject(error), find: () => Promise.resolve(undefined) };
    await expect(putOnce(store, 'a/b', body)).rejects.toBe(error);
  });
});
