import { describe, expect, it } from 'vitest';
import { ValidationError } from '../../common/errors.js';
import { decodeModel, encodeModel, type OnnxModel } from './onnx-model.js';
import { ProtoWriter } from './protobuf.js';

const model: OnnxModel = {
  name: 'tiny',
  irVersion: 9,
  opsets: { '': 20, 'com.microsoft': 1 },
  nodes: [
    {
      name: 'n0',
      opType: 'Gemm',
      domain: '',
      inputs: ['x', '', 'w'],
      outputs: ['y', 'z'],
      attributes: {
        alpha: { float: 0.5 },
        transB: { int: -1 },
        mode: { string: 'tanh' },
        axes: { ints: [0, -1, 5] },
        scales: { floats: [1, 2.5] },
      },
    },
    { name: 'n1', opType: 'FusedMatMul', domain: 'com.microsoft', inputs: [], outputs: [], attributes: {} },
  ],
  initializers: [
    { name: 'w', dtype: 'float32', shape: [2, 1], data: new Uint8Array(8) },
    { name: 'i', dtype: 'int64', shape: [], data: new Uint8Array(8) },
    { name: 'big', dtype: 'int8', shape: [5000], data: { location: 'w.bin', byteOffset: 4096, byteLength: 5000 } },
  ],
  inputs: [{ name: 'x', dtype: 'bool', shape: ['batch', 3, 'past + seq'] }],
  outputs: [{ name: 'y', dtype: 'uint8', shape: [] }],
};

describe('encodeModel and decodeModel', () => {
  it('give back every part of a model', () => {
    expect(decodeModel(encodeModel(model))).toEqual(model);
  });

  it('refuse an element type and an attribute type that our models do not have', () => {
    const initializer = new ProtoWriter().int(2, 16).string(8, 'w'); // bfloat16
    const withInitializer = new ProtoWriter().message(7, new ProtoWriter().message(5, initializer)).finish();
    expect(() => decodeModel(withInitializer)).toThrow('onnx: element type: expected float32');
    const node = new ProtoWriter().message(5, new ProtoWriter().string(1, 'body').int(20, 5)); // a graph
    const withNode = new ProtoWriter().message(7, new ProtoWriter().message(1, node)).finish();
    expect(() => decodeModel(withNode)).toThrow('onnx: attribute body: expected a number');
    expect(() => decodeModel(Uint8Array.of(0xff))).toThrow(ValidationError);
  });
});
