import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NotFoundError, ShapeError, ValidationError } from '../../common/errors.js';
import { SeededRandom } from '../../../test/support/seeded-random.js';
import { tensor, type Tensor } from '../tensor.js';
import { openSafetensors, readSafetensors, writeSafetensors } from './safetensors.js';

/** A file of this header text (or entries) and `dataBytes` zero bytes. */
function fileOf(header: string | object, dataBytes: number, headerLength?: number | bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + json.byteLength + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerLength ?? json.byteLength), true);
  file.set(json, 8);
  return file;
}

const entry = (dtype: string, shape: unknown, begin: number, end: number) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

/** One tensor `x` of dtype whose little-endian bytes are given. */
function single(dtype: string, shape: number[], bytes: ArrayLike<number>): Uint8Array {
  const file = fileOf({ x: entry(dtype, shape, 0, bytes.length) }, bytes.length);
  file.set(Uint8Array.from(bytes), file.byteLength - bytes.length);
  return file;
}

const bytesOf = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

describe('writeSafetensors and readSafetensors', () => {
  const tensors = new Map<string, Tensor>([
    ['b', tensor('float32', [2, 3], new Float32Array([1, -2, 3.5, NaN, Infinity, -0]))],
    ['a', tensor('int32', [2], new Int32Array([-7, 2147483647]))],
    ['mask', tensor('bool', [3], new Uint8Array([0, 1, 1]))],
    ['q', tensor('int8', [3], new Int8Array([-128, 0, 127]))],
    ['u', tensor('uint8', [1], new Uint8Array([200]))],
    ['empty', tensor('float32', [0, 4], new Float32Array(0))],
    ['scalar', tensor('float32', [], new Float32Array([42]))],
    ['name "with" ünïcode', tensor('float32', [1], new Float32Array([1]))],
  ]);

  it('give back every tensor and the metadata', () => {
    const { tensors: read, metadata } = readSafetensors(writeSafetensors(tensors, { format: 'pt', note: 'é' }));
    expect(metadata).toEqual({ format: 'pt', note: 'é' });
    expect(new Map([...read].map(([name, item]) => [name, item.toTensor()]))).toEqual(
      new Map([...tensors].sort(([a], [b]) => [...read.keys()].indexOf(a) - [...read.keys()].indexOf(b))),
    );
  });

  it('write equal bytes whatever the order of insertion', () => {
    const reversed = new Map([...tensors].reverse());
    expect(writeSafetensors(reversed, { b: '2', a: '1' })).toEqual(writeSafetensors(tensors, { a: '1', b: '2' }));
  });

  it('place every tensor on a multiple of its element size', () => {
    for (const item of readSafetensors(writeSafetensors(tensors)).tensors.values()) {
      const width = { F32: 4, I32: 4 }[item.dtype as string] ?? 1;
      expect(item.bytes().byteOffset % width).toBe(0);
    }
  });

  it('write a file without tensors', () => {
    expect(readSafetensors(writeSafetensors(new Map())).tensors.size).toBe(0);
  });

  it('refuse a tensor whose data does not fill its shape, and a reserved name', () => {
    const short = tensor('float32', [3], new Float32Array(2));
    expect(() => writeSafetensors(new Map([['x', short]]))).toThrow(ShapeError);
    const one = tensor('float32', [1], new Float32Array(1));
    expect(() => writeSafetensors(new Map([['__metadata__', one]]))).toThrow(ValidationError);
  });

  it('copy on conversion, so that the caller may change what it gets', () => {
    const file = writeSafetensors(tensors);
    const read = readSafetensors(file).tensors.get('b')!;
    read.toFloat32().fill(9);
    expect(read.toFloat32()[0]).toBe(1);
  });

  it('are viewed without a copy where the bytes lie right, also in shared memory', () => {
    const file = writeSafetensors(tensors);
    const shared = new Uint8Array(new SharedArrayBuffer(file.byteLength));
    shared.set(file);
    for (const bytes of [file, shared]) {
      const read = readSafetensors(bytes).tensors.get('b')!;
      expect(read.viewFloat32().buffer).toBe(bytes.buffer);
      expect(read.viewFloat32()).toEqual(read.toFloat32());
    }
    const shifted = new Uint8Array(file.byteLength + 1).subarray(1);
    shifted.set(file);
    const read = readSafetensors(shifted).tensors.get('b')!;
    expect(read.viewFloat32()).toEqual(read.toFloat32());
  });
});

describe('conversion', () => {
  it.each([
    ['F64', bytesOf(new Float64Array([1.5, -2])), [1.5, -2]],
    ['F32', bytesOf(new Float32Array([1.5, -2])), [1.5, -2]],
    ['F16', bytesOf(new Uint16Array([0x3e00, 0xc000])), [1.5, -2]],
    ['BF16', bytesOf(new Uint16Array([0x3fc0, 0xc000])), [1.5, -2]],
    ['I64', bytesOf(new BigInt64Array([5n, -6n])), [5, -6]],
    ['I32', bytesOf(new Int32Array([5, -6])), [5, -6]],
    ['I16', bytesOf(new Int16Array([5, -6])), [5, -6]],
    ['I8', bytesOf(new Int8Array([5, -6])), [5, -6]],
    ['U8', new Uint8Array([5, 250]), [5, 250]],
    ['BOOL', new Uint8Array([1, 0]), [1, 0]],
  ])('of %s to float32', (dtype, bytes, expected) => {
    const { tensors } = readSafetensors(single(dtype, [2], bytes));
    expect([...tensors.get('x')!.toFloat32()]).toEqual(expected);
  });

  it.each(['I64', 'I32', 'I16', 'I8', 'U8', 'BOOL'])('of %s to int32', (dtype) => {
    const width = { I64: 8, I32: 4, I16: 2 }[dtype] ?? 1;
    const bytes = new Uint8Array(2 * width);
    bytes[0] = 1;
    expect([
      ...readSafetensors(single(dtype, [2], bytes))
        .tensors.get('x')!
        .toInt32(),
    ]).toEqual([1, 0]);
  });

  it('refuses floats as int32, and an I64 that does not fit', () => {
    const float = readSafetensors(single('F32', [1], new Uint8Array(4))).tensors.get('x')!;
    expect(() => float.toInt32()).toThrow('"x": expected integers, got F32');
    const long = readSafetensors(single('I64', [1], bytesOf(new BigInt64Array([2147483648n])))).tensors.get('x')!;
    expect(() => long.toInt32()).toThrow('"x": expected values of int32, got 2147483648');
  });

  it('gives the engine dtypes', () => {
    const dtypes = ['F64', 'F16', 'BF16', 'I64', 'I16', 'BOOL'].map((dtype) => {
      const width = { F64: 8, I64: 8, BOOL: 1 }[dtype] ?? 2;
      return readSafetensors(single(dtype, [1], new Uint8Array(width)))
        .tensors.get('x')!
        .toTensor().dtype;
    });
    expect(dtypes).toEqual(['float32', 'float32', 'float32', 'int32', 'int32', 'bool']);
  });
});

const f32 = (begin: number, end: number, shape: unknown = [(end - begin) / 4]) => entry('F32', shape, begin, end);

const MALFORMED: readonly (readonly [string, Uint8Array, string])[] = [
  ['an empty file', new Uint8Array(0), 'expected at least 8 bytes, got 0'],
  ['seven bytes', new Uint8Array(7), 'expected at least 8 bytes, got 7'],
  ['a header of length 0', fileOf('', 0), 'header: expected it inside'],
  ['a header longer than the file', fileOf('{}', 0, 3), 'header: expected it inside a file of 10 bytes'],
  ['a header over the limit', fileOf('{}', 0, 1 << 30), 'header: expected at most 16777216 bytes, got 1073741824'],
  ['a header of 2^64 − 1 bytes', fileOf('{}', 0, 0xffffffffffffffffn), 'header: expected at most'],
  ['a header that is no JSON', fileOf('{"x"', 0), 'header: expected :'],
  ['a header that starts with a blank', fileOf(' {}', 0), 'expected it to begin with {'],
  ['a header that is a list', fileOf('[]', 0), 'expected it to begin with {'],
  ['text after the header object', fileOf('{}{}', 0), 'expected the end'],
  ['an entry that is a number', fileOf('{"x":1}', 0), '"x": expected an object, got 1'],
  ['an entry that is null', fileOf('{"x":null}', 0), '"x": expected an object'],
  ['a missing dtype', fileOf({ x: { shape: [1], data_offsets: [0, 4] } }, 4), '"x": dtype: expected one of'],
  ['an unknown dtype', fileOf({ x: entry('F8_E4M3', [4], 0, 4) }, 4), 'dtype: expected one of F64 F32'],
  ['a dtype of the prototype', fileOf({ x: entry('constructor', [4], 0, 4) }, 4), 'dtype: expected one of'],
  ['a missing shape', fileOf({ x: { dtype: 'F32', data_offsets: [0, 4] } }, 4), '"x": shape: expected'],
  ['a shape that is a string', fileOf({ x: f32(0, 4, '1') }, 4), '"x": shape: expected'],
  ['a negative size', fileOf({ x: f32(0, 4, [-1, -1]) }, 4), '"x": shape: expected'],
  ['a fractional size', fileOf({ x: f32(0, 4, [0.5, 2]) }, 4), '"x": shape: expected'],
  ['a size past 2^53', fileOf({ x: f32(0, 4, [2 ** 60]) }, 4), '"x": shape: expected'],
  ['sizes whose product overflows', fileOf({ x: f32(0, 4, [2 ** 40, 2 ** 40]) }, 4), '"x": expected 4.8'],
  ['seventeen dimensions', fileOf({ x: f32(0, 4, Array(17).fill(1)) }, 4), '"x": shape: expected at most 16'],
  ['missing offsets', fileOf({ x: { dtype: 'F32', shape: [1] } }, 4), '"x": data_offsets: expected'],
  ['one offset', fileOf({ x: { dtype: 'F32', shape: [1], data_offsets: [0] } }, 4), 'data_offsets: expected'],
  ['reversed offsets', fileOf({ x: entry('F32', [1], 4, 0) }, 4), 'data_offsets: expected [begin, end]'],
  ['a negative offset', fileOf({ x: entry('F32', [1], -4, 0) }, 4), 'data_offsets: expected'],
  ['bytes that do not match the shape', fileOf({ x: f32(0, 8, [3]) }, 8), 'expected 12 bytes for F32 [3], got 8'],
  ['an unknown field', fileOf({ x: { ...f32(0, 4), strides: [1] } }, 4), 'dtype, shape and data_offsets only'],
  ['data past the end', fileOf({ x: f32(0, 8) }, 4), '"x": expected its data inside the file'],
  ['data after the last tensor', fileOf({ x: f32(0, 4) }, 8), 'expected the last tensor to end the file'],
  ['data without tensors', fileOf({}, 4), 'expected the last tensor to end the file'],
  ['a hole', fileOf({ x: f32(0, 4), y: f32(8, 12) }, 12), '"y": expected its data at 4, got 8: it leaves a hole'],
  ['a hole at the start', fileOf({ x: f32(4, 8) }, 8), '"x": expected its data at 0, got 4'],
  ['an overlap', fileOf({ x: f32(0, 8), y: f32(4, 12) }, 12), '"y": expected its data at 8, got 4: it overlaps'],
  ['two tensors at one place', fileOf({ x: f32(0, 4), y: f32(0, 4) }, 4), 'it overlaps'],
  [
    'one name twice',
    fileOf(
      '{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}',
      2,
    ),
    'expected each key once, got "x" again',
  ],
  ['the name __proto__', fileOf('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1), 'not reserved'],
  ['the name constructor', fileOf({ ['constructor']: entry('U8', [1], 0, 1) }, 1), 'not reserved'],
  ['an empty name', fileOf({ '': entry('U8', [1], 0, 1) }, 1), 'not reserved'],
  ['metadata that is a list', fileOf('{"__metadata__":[]}', 0), '__metadata__: expected an object of strings'],
  ['metadata with a number', fileOf('{"__metadata__":{"a":1}}', 0), '__metadata__: "a": expected a plain key'],
  ['metadata with __proto__', fileOf('{"__metadata__":{"__proto__":"a"}}', 0), 'expected a plain key'],
  ['bytes that are no UTF-8', single('U8', [1], [1]).map((byte, i) => (i === 10 ? 0xff : byte)), 'valid UTF-8'],
  ['a BOOL of 2', single('BOOL', [1], [2]), '"x": expected BOOL bytes of 0 or 1'],
  ['a zip archive', fileOf('{}', 0).fill(0x50), 'header: expected at most'],
];

describe('malformed files', () => {
  it.each(MALFORMED)('%s is refused', (_, file, message) => {
    expect(() => readSafetensors(file)).toThrow(message);
    expect(() => readSafetensors(file)).toThrow(ValidationError);
  });

  it('random damage gives a ValidationError or a file that still reads, and nothing else', () => {
    const random = new SeededRandom(11);
    const good = writeSafetensors(
      new Map<string, Tensor>([
        ['w', tensor('float32', [2, 2], new Float32Array(4))],
        ['b', tensor('int32', [2], new Int32Array(2))],
      ]),
      { format: 'pt' },
    );
    const unexpected: unknown[] = [];
    for (let round = 0; round < 3000; round++) {
      const bad = random.next() < 0.2 ? good.slice(0, random.integer(0, good.length)) : good.slice();
      for (let hits = random.integer(1, 4); hits > 0 && bad.length > 0; hits--) {
        bad[random.integer(0, bad.length)] = random.integer(0, 256);
      }
      try {
        for (const item of readSafetensors(bad).tensors.values()) item.toFloat32();
      } catch (error) {
        if (!(error instanceof ValidationError)) unexpected.push(error);
      }
    }
    expect(unexpected).toEqual([]);
  });
});

describe('openSafetensors', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('reads one tensor at a time', async () => {
    const path = join(folder, 'good.safetensors');
    const x = tensor('float32', [2], new Float32Array([1, 2]));
    const y = tensor('int32', [1], new Int32Array([3]));
    const tensors = new Map<string, Tensor>([
      ['x', x],
      ['y', y],
    ]);
    await writeFile(path, writeSafetensors(tensors, { a: 'b' }));
    const file = await openSafetensors(path);
    expect(file.metadata).toEqual({ a: 'b' });
    expect(file.tensors.get('x')).toMatchObject({ dtype: 'F32', shape: [2], byteLength: 8 });
    expect((await file.read('y')).toTensor()).toEqual(y);
    expect((await file.read('x')).toTensor()).toEqual(x);
    await expect(file.read('z')).rejects.toThrow(NotFoundError);
    await file.close();
    await expect(file.read('x')).rejects.toThrow();
  });

  it.each(MALFORMED.filter(([name]) => name !== 'a BOOL of 2'))('refuses %s', async (_, bytes, message) => {
    const path = join(folder, 'bad.safetensors');
    await writeFile(path, bytes);
    await expect(openSafetensors(path)).rejects.toThrow(message);
  });

  it('notices a file that was cut after it was opened', async () => {
    const path = join(folder, 'cut.safetensors');
    await writeFile(path, writeSafetensors(new Map([['x', tensor('float32', [64], new Float32Array(64))]])));
    const file = await openSafetensors(path);
    await truncate(path, 100);
    await expect(file.read('x')).rejects.toThrow('expected 256 bytes');
    await file.close();
  });
});
