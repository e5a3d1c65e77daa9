import { describe, expect, it } from 'vitest';
import type { ModelRef } from '../registry/adapter-version.js';
import { expectParentFits } from './parent-fits.js';

const version = (kind?: 'base' | 'composition' | 'router'): ModelRef =>
  ({ kind: 'adapter', version: { summary: { kind } }, alias: undefined }) as unknown as ModelRef;
const request = (method: string) => ({ model: 'mine@production', adapter: { method } });

describe('what training goes on from', () => {
  it.each<[string, ModelRef]>([
    ['full', { kind: 'base' }],
    ['lora', { kind: 'base' }],
    ['auto', { kind: 'base' }],
    ['partial', version('base')],
    ['hybrid', version('base')],
    ['lora', version()],
    ['auto', version()],
  ])('suits %s', (method, parent) => {
    expect(() => expectParentFits(request(method), parent)).not.toThrow();
  });

  it.each<[string, ModelRef, RegExp]>([
    ['lora', version('base'), /one of full, partial, progressive, hybrid, as mine@production is a model of its own/],
    ['auto', version('base'), /is a model of its own, got auto/],
    ['lora', version('composition'), /an adapter or the base to train on from, got mine@production, a composition/],
    ['lora', version('router'), /got mine@production, a router/],
    ['full', version(), /a method of adapters, as mine@production is one, got full/],
  ])('is refused for %s', (method, parent, message) => {
    expect(() => expectParentFits(request(method), parent)).toThrow(message);
  });
});
