import { describe, expect, it } from 'vitest';
import { adapterBase } from '../../../test/support/adapter-base.js';
import { loraAdapter } from '../../../test/support/peft-adapter.js';
import { SeededRandom } from '../../../test/support/seeded-random.js';
import { writeSafetensors } from '../../engine/io/safetensors.js';
import { tensor } from '../../engine/tensor.js';
import { importAdapter } from '../import.js';
import { packBrick, unpackBrick } from '../packed.js';
import { ROUTING_FILE, withCentroid, writeRouting, type RoutingFacts } from './routing-file.js';

const base = adapterBase();
const { layers, hidden } = base.sites;
const random = new SeededRandom(5);
const facts: RoutingFacts = {
  gates: { query: random.floats(layers * hidden), value: random.floats(layers * hidden) },
  gatesFor: 'phatgoose',
  centroid: { vector: random.floats(hidden), floor: 0.4375 },
};
const withFile = (bytes: Uint8Array) => new Map([...loraAdapter(), [ROUTING_FILE, bytes]]);
const file = (name: string, shape: number[], metadata: Record<string, string>) =>
  withFile(
    writeSafetensors(
      new Map([[name, tensor('float32', shape, random.floats(shape.reduce((a, b) => a * b)))]]),
      metadata,
    ),
  );

describe('what routes know of an adapter', () => {
  it('lies beside its files, changes its digest and nothing else of it', () => {
    const [bare, told] = [
      importAdapter(loraAdapter(), base),
      importAdapter(withFile(writeRouting(facts, layers)), base),
    ];
    expect(told.brick).toEqual({ ...bare.brick, ...facts });
    expect(told.digest).not.toBe(bare.digest);
    expect(told.report.digest).toBe(told.digest);
    expect(unpackBrick(packBrick(told.brick))).toEqual(told.brick);
  });

  it('takes another centroid, with or without gates', () => {
    const centroid = { vector: random.floats(hidden), floor: -0.5 };
    const { gates, gatesFor } = facts;
    const told = importAdapter(withFile(withCentroid(writeRouting(facts, layers), centroid)), base).brick;
    expect(told).toMatchObject({ gates, gatesFor, centroid });
    expect(importAdapter(withFile(withCentroid(undefined, centroid)), base).brick).toMatchObject({ centroid });
  });

  it('may be the gates or the centroid alone', () => {
    const { centroid, ...gates } = facts;
    expect(importAdapter(withFile(writeRouting(gates, layers)), base).brick.centroid).toBeUndefined();
    expect(importAdapter(withFile(writeRouting({ centroid: centroid! }, layers)), base).brick.gates).toBeUndefined();
  });

  it.each([
    ['gates without a law', file('gates.query', [layers, hidden], {}), 'gates_for'],
    ['gates for an unknown law', file('gates.query', [layers, hidden], { gates_for: 'luck' }), 'got luck'],
    ['gates of another width', file('gates.query', [layers, hidden + 1], { gates_for: 'phatgoose' }), 'shape must be'],
    ['a centroid without a floor', file('centroid', [hidden], {}), 'centroid_floor'],
    ['a floor that is no cosine', file('centroid', [hidden], { centroid_floor: '1.5' }), 'from -1 to 1'],
    ['a centroid of another base', file('centroid', [hidden - 1], { centroid_floor: '0' }), 'shape must be'],
    ['other tensors', file('weights', [1], {}), 'got weights'],
    ['bytes that are no file', withFile(Uint8Array.of(1, 2, 3)), 'expected at least 8 bytes'],
  ])('with %s is refused', (_, files, message) => {
    expect(() => importAdapter(files, base)).toThrow(message);
  });
});
