import { describe, expect, it } from 'vitest';
import { ValidationError } from '../../common/errors.js';
import { ProtoWriter, readFields } from './protobuf.js';

describe('ProtoWriter', () => {
  it.each([
    ['a small integer', new ProtoWriter().int(1, 150), [0x08, 0x96, 0x01]],
    ['zero', new ProtoWriter().int(1, 0), [0x08, 0x00]],
    ['a negative integer', new ProtoWriter().int(1, -1), [0x08, ...Array<number>(9).fill(0xff), 0x01]],
    ['text', new ProtoWriter().string(2, 'testing'), [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]],
    ['a message', new ProtoWriter().message(3, new ProtoWriter().int(1, 150)), [0x1a, 0x03, 0x08, 0x96, 0x01]],
    ['a float', new ProtoWriter().float(1, 1), [0x0d, 0x00, 0x00, 0x80, 0x3f]],
    ['a field above 15', new ProtoWriter().int(20, 7), [0xa0, 0x01, 0x07]],
  ])('writes %s as the encoding guide shows', (_, writer, bytes) => {
    expect([...writer.finish()]).toEqual(bytes);
  });
});

describe('readFields', () => {
  it('reads back what was written, in order', () => {
    const message = new ProtoWriter().int(1, -5).string(2, 'é').bytes(2, Uint8Array.of(1)).float(4, 0.5).finish();
    const fields = [...readFields(message)];
    expect(fields.map(({ field }) => field)).toEqual([1, 2, 2, 4]);
    expect(BigInt.asIntN(64, fields[0]!.value)).toBe(-5n);
    expect(new TextDecoder().decode(fields[1]!.bytes)).toBe('é');
    expect([...fields[2]!.bytes]).toEqual([1]);
  });

  it.each([
    ['a cut tag', [0x80], 'expected more bytes'],
    ['a cut text', [0x12, 0x07, 0x74], 'expected 7 more bytes'],
    ['an endless integer', [0x08, ...Array<number>(11).fill(0xff)], 'at most ten bytes'],
    ['a group', [0x0b], 'wire type'],
    ['a length beyond 2^53', [0x12, ...Array<number>(9).fill(0xff), 0x01], 'more bytes'],
  ])('refuses %s', (_, bytes, message) => {
    const read = () => [...readFields(Uint8Array.from(bytes))];
    expect(read).toThrow(message);
    expect(read).toThrow(ValidationError);
  });
});
