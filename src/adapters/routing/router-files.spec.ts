import { describe, expect, it } from 'vitest';
import { adapterBase } from '../../../test/support/adapter-base.js';
import { randomSequenceHead } from '../../../test/support/random-base.js';
import { SeededRandom } from '../../../test/support/seeded-random.js';
import { tensor } from '../../engine/tensor.js';
import { writeSafetensors } from '../../engine/io/safetensors.js';
import type { AdapterFiles } from '../files.js';
import { importAdapter } from '../import.js';
import { inspectAdapter } from '../inspect.js';
import { packBrick, unpackBrick } from '../packed.js';
import { readWeights } from '../weights.js';
import { readUsage } from './router-usage.js';
import { routerPart } from './router-parts.js';
import { ROUTER_FILE, ROUTER_WEIGHTS, writeRouter, type RouterArtefact } from './router-files.js';

const base = adapterBase();
const { layers, hidden } = base.sites;
const random = new SeededRandom(3);
const router: RouterArtefact = {
  law: 'mod_squad',
  experts: 3,
  gates: { query: random.floats(3 * layers * hidden), ffn_block: random.floats(3 * layers * hidden) },
  head: randomSequenceHead(random, hidden, 2),
  labels: { labels: ['no', 'yes'], problem: 'single' },
};
const files = writeRouter(router, layers);
const withFields = (change: object): AdapterFiles => {
  const fields = JSON.parse(new TextDecoder().decode(files.get(ROUTER_FILE))) as object;
  return new Map([...files, [ROUTER_FILE, new TextEncoder().encode(JSON.stringify({ ...fields, ...change }))]]);
};

describe('a router', () => {
  it('is read as it was written, packed and not', () => {
    const { brick, labels, task, digest } = importAdapter(files, base);
    expect(brick).toMatchObject({ gatesFor: 'mod_squad', experts: 3, gates: router.gates, head: router.head });
    expect([labels, task]).toEqual([router.labels, 'sequence_classification']);
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(unpackBrick(packBrick(brick))).toEqual(brick);
    expect(inspectAdapter(files, base)).toMatchObject({ served: true, method: 'mod_squad', digest });
    expect(inspectAdapter(files).served).toBe(true);
  });

  it('is loaded as the gates of each expert, and its head', () => {
    const { brick } = importAdapter(files, base);
    const size = layers * hidden;
    expect(routerPart(brick, 2)).toMatchObject({
      gates: { query: router.gates.query?.slice(2 * size), ffn_block: router.gates.ffn_block?.slice(2 * size) },
      lowRank: {},
    });
    expect(routerPart(brick, 2).head).toBeUndefined();
    expect(routerPart(brick, 'head')).toMatchObject({ head: router.head });
    expect(routerPart(brick, 'head').gates).toBeUndefined();
  });

  it('keeps how its task used the experts, which counts in its digest and acts in nothing', () => {
    const usage = { query: Float32Array.from([60, 0, 30, 0, 10, 0]) };
    const used = writeRouter({ ...router, usage }, layers);
    expect(readUsage(readWeights(used.get(ROUTER_WEIGHTS)!, ROUTER_WEIGHTS), 3, layers)).toEqual(usage);
    const [one, other] = [importAdapter(used, base), importAdapter(files, base)];
    expect(one.brick).toEqual(other.brick);
    expect(one.report.parameters).toBe(other.report.parameters);
    expect(one.digest).not.toBe(other.digest);
  });

  it('may leave the answer to others', () => {
    const { brick, labels, task } = importAdapter(
      writeRouter({ ...router, head: undefined, labels: undefined }, layers),
      base,
    );
    expect([brick.head, labels, task]).toEqual([undefined, undefined, 'embedding']);
  });

  const weights = (tensors: Record<string, number[]>): AdapterFiles => {
    const made = Object.entries(tensors).map(([name, shape]) => {
      return [name, tensor('float32', shape, random.floats(shape.reduce((a, b) => a * b, 1)))] as const;
    });
    return new Map([
      ...withFields({ head: undefined, labels: undefined, problem: undefined }),
      [ROUTER_WEIGHTS, writeSafetensors(new Map(made))],
    ]);
  };
  it.each<[string, () => AdapterFiles, string]>([
    ['a law without routers', () => withFields({ law: 'arrow' }), 'law'],
    ['no experts', () => withFields({ experts: 0 }), 'experts'],
    ['too many experts', () => withFields({ experts: 65 }), 'experts'],
    ['experts that are not there', () => withFields({ experts: 4 }), 'shape must be [4, 2, 12], got [3, 2, 12]'],
    ['keys of its own', () => withFields({ weights: 1 }), 'weights'],
    ['a masked-LM head', () => withFields({ head: { kind: 'masked_lm' } }), 'head'],
    ['a head without tensors', () => weights({ 'gates.query': [3, layers, hidden] }), ''],
    ['labels for another head', () => withFields({ labels: ['one'] }), 'labels'],
    ['no weights', () => new Map([[ROUTER_FILE, files.get(ROUTER_FILE)!]]), ROUTER_WEIGHTS],
    [
      'an adapter beside it',
      () => new Map([...files, ['adapter_config.json', new Uint8Array()]]),
      'got adapter_config.json',
    ],
    ['no gates', () => weights({}), 'must hold gates'],
    ['gates at no place', () => weights({ 'gates.pooler': [3, layers, hidden] }), 'gates.pooler'],
    [
      'usage at no place',
      () => weights({ 'gates.query': [3, layers, hidden], 'usage.pooler': [3, layers] }),
      'usage.pooler',
    ],
    [
      'usage of other experts',
      () => weights({ 'gates.query': [3, layers, hidden], 'usage.query': [2, layers] }),
      'must be [3, 2]',
    ],
    [
      'usage that is none',
      () => writeRouter({ ...router, usage: { query: random.floats(3 * layers, -9, -1) } }, layers),
      'per cent',
    ],
    ['other tensors', () => weights({ 'gates.query': [3, layers, hidden], other: [1] }), 'got other'],
  ])('with %s is refused or has no head', (_, make, message) => {
    const read = () => importAdapter(make(), base);
    if (message === '') expect(read().brick.head).toBeUndefined();
    else expect(read).toThrow(message);
  });
});
