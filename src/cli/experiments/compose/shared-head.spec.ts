import { expect, it } from 'vitest';
import { Random } from '../../../common/random.js';
import { tensor } from '../../../engine/tensor.js';
import { fitHead, pooled, type Features } from './shared-head.js';

/** Points about the corners of a cube. */
function cloud(rows: number, stream: string): Features {
  const random = Random.stream(1, stream);
  const labels = Array.from({ length: rows }, (_, at) => at % 3);
  return {
    labels,
    x: labels.map((label) => random.normals(3, 0.2).map((value, at) => value + (at === label ? 1 : 0))),
  };
}

it('fits a head that tells classes apart, with outputs that are sure of it', () => {
  const head = fitHead(cloud(90, 'train'), cloud(30, 'validation'), 3);
  expect(head.accuracy).toBeGreaterThan(0.9);
  expect(head.scale).toBeGreaterThan(1);
  expect([head.weight.length, head.bias.length]).toEqual([9, 3]);
});

it('pools as the head of BERT does', () => {
  const dense = {
    weight: tensor('float32', [1, 2], Float32Array.of(1, 2)),
    bias: tensor('float32', [1], Float32Array.of(0.5)),
  };
  expect(pooled(dense, Float32Array.of(1, -1))[0]).toBeCloseTo(Math.tanh(-0.5), 6);
});
