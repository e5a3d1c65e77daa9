import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../src/storage/object-store.js';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** What every object store must do; `open` gives one that may hold other tests' objects under other prefixes. */
export function describeObjectStore(name: string, open: () => Promise<ObjectStore>): void {
  describe(name, () => {
    let store: ObjectStore;
    const prefix = `contract-${randomUUID()}`;
    const key = () => `${prefix}/${randomUUID()}`;
    const keysUnder = async (start: string) => {
      const keys: string[] = [];
      for await (const { key: found } of store.list(start)) keys.push(found);
      return keys;
    };
    beforeAll(async () => {
      store = await open();
    });

    it('gives back what was put, from memory and from a stream, with size and sha256', async () => {
      const content = randomBytes(100_003);
      const bodies = [
        content,
        Readable.from([content.subarray(0, 7), content.subarray(7, 65_536), content.subarray(65_536)]),
      ];
      for (const body of bodies) {
        const at = key();
        const before = Date.now();
        const info = await store.put(at, body);
        expect(info).toMatchObject({ key: at, bytes: content.byteLength, sha256: sha256(content) });
        expect(Buffer.from(await store.read(at)).equals(content)).toBe(true);
        expect((await buffer(await store.get(at))).equals(content)).toBe(true);
        const found = await store.find(at);
        expect(found).toMatchObject({ key: at, bytes: content.byteLength, sha256: sha256(content) });
        expect(Math.abs(found!.modifiedAtMs - before)).toBeLessThan(60_000);
      }
    });

    it('keeps an empty object', async () => {
      for (const body of [new Uint8Array(0), Readable.from([])]) {
        const at = key();
        await store.put(at, body);
        expect(await store.find(at)).toMatchObject({ bytes: 0, sha256: sha256(new Uint8Array(0)) });
        expect(await store.read(at)).toHaveLength(0);
        expect(await buffer(await store.get(at))).toHaveLength(0);
        expect(await buffer(await store.get(at, { start: 0, end: 10 }))).toHaveLength(0);
      }
    });

    it('streams 12 MiB without changing a byte', async () => {
      const at = key();
      const chunks = Array.from({ length: 48 }, () => randomBytes(2 ** 18));
      await store.put(at, Readable.from(chunks));
      const hash = createHash('sha256');
      for await (const chunk of await store.get(at)) hash.update(chunk as Uint8Array);
      expect(hash.digest('hex')).toBe(sha256(Buffer.concat(chunks)));
    });

    it('never overwrites: a second put is a conflict and the first content stays', async () => {
      const at = key();
      await store.put(at, Buffer.from('first'));
      for (const body of [Buffer.from('second'), Readable.from([Buffer.from('second')])]) {
        await expect(store.put(at, body)).rejects.toMatchObject({ code: 'object_exists', status: 409 });
      }
      expect(Buffer.from(await store.read(at)).toString()).toBe('first');
    });

    it('lets exactly one of eight simultaneous puts of one key win', async () => {
      const at = key();
      const bodies = Array.from({ length: 8 }, () => randomBytes(50_000));
      const puts = await Promise.allSettled(bodies.map((body) => store.put(at, body)));
      const won = puts.flatMap((put) => (put.status === 'fulfilled' ? [put.value.sha256] : []));
      expect(won).toHaveLength(1);
      expect(sha256(await store.read(at))).toBe(won[0]);
      for (const put of puts)
        if (put.status === 'rejected') expect(put.reason).toMatchObject({ code: 'object_exists' });
    });

    it('reads into shared memory, and refuses content that is not what was asked for', async () => {
      const at = key();
      const { sha256: right } = await store.put(at, Buffer.from('content'));
      expect((await store.read(at, { sha256: right })).buffer).toBeInstanceOf(SharedArrayBuffer);
      await expect(store.read(at, { sha256: sha256(Buffer.from('other')) })).rejects.toMatchObject({
        code: 'object_corrupted',
      });
    });

    it('reads ranges, cut at the end, and refuses those that are none', async () => {
      const at = key();
      await store.put(at, Buffer.from('0123456789'));
      const text = async (start: number, end?: number) =>
        (await buffer(await store.get(at, { start, ...(end === undefined ? {} : { end }) }))).toString();
      expect(await text(0, 4)).toBe('0123');
      expect(await text(3, 4)).toBe('3');
      expect(await text(4)).toBe('456789');
      expect(await text(8, 100)).toBe('89');
      expect(await text(0)).toBe('0123456789');
      expect(await text(5, 5)).toBe('');
      expect(await text(10)).toBe('');
      for (const [start, end] of [
        [11, 12],
        [-1, 3],
        [5, 4],
        [0.5, 2],
      ] as const) {
        await expect(store.get(at, { start, end }), `${start}..${end}`).rejects.toMatchObject({ status: 400 });
      }
    });

    it('knows nothing of a key that was never put', async () => {
      const at = key();
      expect(await store.find(at)).toBeUndefined();
      await expect(store.get(at)).rejects.toMatchObject({ code: 'object_not_found', status: 404 });
      await expect(store.get(at, { start: 0, end: 1 })).rejects.toMatchObject({ code: 'object_not_found' });
      await expect(store.read(at)).rejects.toMatchObject({ code: 'object_not_found' });
      await store.delete(at);
    });

    it('forgets what is deleted, and the key can be put again', async () => {
      const at = `${key()}/below/deep`;
      await store.put(at, Buffer.from('one'));
      await store.delete(at);
      expect(await store.find(at)).toBeUndefined();
      expect(await keysUnder(at)).toEqual([]);
      await store.put(at, Buffer.from('two'));
      expect(Buffer.from(await store.read(at)).toString()).toBe('two');
    });

    it('lists by prefix, below directories too, in order of the whole key', async () => {
      const base = key();
      const names = ['b', 'a/z', 'a-b/c', 'a.json', 'a/b/c', 'ab', 'a/a', 'A', 'a0', '_x', '10', '9'];
      for (const name of names) await store.put(`${base}/${name}`, Buffer.from(name));
      const under = async (start: string) =>
        (await keysUnder(`${base}/${start}`)).map((found) => found.slice(base.length + 1));
      expect(await under('')).toEqual([...names].sort());
      expect(await under('a')).toEqual(names.filter((name) => name.startsWith('a')).sort());
      expect(await under('a/')).toEqual(['a/a', 'a/b/c', 'a/z']);
      expect(await under('a/b')).toEqual(['a/b/c']);
      expect(await under('a/b/c')).toEqual(['a/b/c']);
      expect(await under('nothing')).toEqual([]);
      for await (const { bytes, key: found } of store.list(`${base}/`))
        expect(bytes).toBe(found.length - base.length - 1);
    });

    it('refuses a body over its bound and leaves nothing', async () => {
      const at = key();
      const chunk = randomBytes(1000);
      for (const body of [Buffer.concat([chunk, chunk]), Readable.from([chunk, chunk])]) {
        await expect(store.put(at, body, { maxBytes: 1999 })).rejects.toMatchObject({ code: 'too_large', status: 413 });
        expect(await keysUnder(at)).toEqual([]);
      }
      await store.put(at, Readable.from([chunk, chunk]), { maxBytes: 2000 });
      await expect(store.read(at, { maxBytes: 1999 })).rejects.toMatchObject({ code: 'too_large' });
      expect(await store.read(at, { maxBytes: 2000 })).toHaveLength(2000);
    });

    it('leaves nothing when the body breaks off', async () => {
      const broken = () =>
        Readable.from(
          (function* () {
            yield randomBytes(70_000);
            throw new Error('the client has gone');
          })(),
        );
      const cut = () => {
        const body = new Readable({ read: () => undefined });
        body.push(randomBytes(70_000));
        setTimeout(() => body.destroy(), 20);
        return body;
      };
      for (const body of [broken(), cut()]) {
        const at = key();
        await expect(store.put(at, body)).rejects.toThrow();
        expect(await store.find(at)).toBeUndefined();
        await store.put(at, Buffer.from('whole'));
      }
    });

    const badKeys = [
      ...['', '/', '/a', 'a/', 'a//b', '.', '..', 'a/../b', '.hidden', 'a/.b', 'a b', 'a\0b', 'a\\b', 'ä', 'a:b'],
      ...['x'.repeat(201), `${'x/'.repeat(460)}x`],
    ].map((bad) => [bad.slice(0, 20), bad] as const);
    it.each(badKeys)('refuses the key %j', async (_start, bad) => {
      await expect(store.put(bad, Buffer.from('x'))).rejects.toMatchObject({ status: 400 });
      await expect(store.get(bad)).rejects.toMatchObject({ status: 400 });
      await expect(store.read(bad)).rejects.toMatchObject({ status: 400 });
      await expect(store.find(bad)).rejects.toMatchObject({ status: 400 });
      await expect(store.delete(bad)).rejects.toMatchObject({ status: 400 });
    });
  });
}
