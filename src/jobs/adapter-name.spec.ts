import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ModelRef } from '../registry/adapter-version.js';
import { isAdapterName } from '../composition/member.js';
import { adapterNameFor, fusionRouterName, madeAdapters, madeCompositions, partsOf } from './adapter-name.js';

const base: ModelRef = { kind: 'base' };
const parent = { kind: 'adapter', version: { name: 'parent' }, alias: undefined } as unknown as ModelRef;
const id = '01234567-89ab-cdef-0123-456789abcdef';

it.each([
  ['My Model', base, 'my-model'],
  ['ünïque', base, 'n-que'],
  ['x'.repeat(64), base, 'x'.repeat(63)],
  ['base', base, 'ft-01234567'],
  ['...', base, 'ft-01234567'],
  [null, base, 'ft-01234567'],
  [null, parent, 'parent'],
  ['new', parent, 'new'],
])('of the suffix %j', (suffix, model, name) => {
  const got = adapterNameFor({ suffix }, model, id);
  expect(isAdapterName(got)).toBe(true);
  expect(got).toBe(name);
});

it('of each task, as far as there is room', () => {
  const names = (name: string) => madeAdapters({ files: 'out', tasks: ['topic', 'mood'] }, name);
  expect(names('mine')).toEqual([
    { name: 'mine-topic', directory: join('out', 'topic') },
    { name: 'mine-mood', directory: join('out', 'mood') },
  ]);
  expect(names('x'.repeat(63)).map(({ name }) => name)).toEqual([`${'x'.repeat(57)}-topic`, `${'x'.repeat(58)}-mood`]);
});

it('of the parts of a squad and of the compositions of them', () => {
  const squad = {
    experts: [{ name: 'e00', folder: 'experts/e00' }],
    routers: [{ task: 'topic', folder: 'routers/topic' }],
    ...{ topK: 1, temperature: 1 },
  };
  expect(madeAdapters({ files: 'out', squad }, 'mine')).toEqual([
    { name: 'mine.e00', directory: join('out', 'experts/e00'), isPart: true },
    { name: 'mine.topic.router', directory: join('out', 'routers/topic'), isPart: true },
  ]);
  const [composition] = madeCompositions({ squad }, 'x'.repeat(63));
  expect(composition).toEqual({
    ...{
      name: `${'x'.repeat(57)}.topic`,
      experts: [`${'x'.repeat(59)}.e00`],
      router: `${'x'.repeat(50)}.topic.router`,
    },
  });
  expect(madeCompositions({}, 'mine')).toEqual([]);
});

it('of the router of a fusion, whose composition has the name of the run', () => {
  const fusion = { members: ['a', 'b'] };
  const [router, ...more] = madeAdapters({ files: 'out', fusion }, 'mine');
  expect([router, more]).toEqual([{ name: 'mine.router', directory: 'out', isPart: true }, []]);
  expect(partsOf({ files: 'out', fusion }, 'mine')).toEqual([fusionRouterName('mine')]);
});

it('of a run without tasks as it was asked for', () => {
  expect(madeAdapters({ files: 'out' }, 'mine')).toEqual([{ name: 'mine', directory: 'out' }]);
});
