import { describe, expect, it } from 'vitest';
import { NotFoundError } from '../common/errors.js';
import type { BaseModel } from '../models/base-model.js';
import type { AdapterSummary, ModelRef } from '../registry/adapter-version.js';
import type { RegistryService } from '../registry/registry.service.js';
import { RegistryCatalog } from './registry-catalog.service.js';

const DIGEST = `sha256:${'ab'.repeat(32)}` as const;
const base = {
  digest: 'sha256:00',
  heads: { maskedLm: {} },
  labels: { labels: ['base-no', 'base-yes'], problem: 'single' },
} as unknown as BaseModel;

function catalog(summary: Partial<AdapterSummary> & { details: AdapterSummary['details'] }): RegistryCatalog {
  const version = {
    adapterId: 'a',
    name: 'mine',
    digest: DIGEST,
    importId: 'i',
    bytes: 1,
    summary: { method: 'lora', task: 'sequence_classification', labels: ['x', 'y'], ...summary },
    createdAt: new Date(),
  };
  const resolve = async (_tenant: string, model: string): Promise<ModelRef> => {
    if (model === 'base') return { kind: 'base' };
    if (model !== 'mine') throw new NotFoundError('no', { code: 'model_not_found' });
    return { kind: 'adapter', version, alias: 'production' };
  };
  const packed = async () => ({ objectKey: 'key', sha256: 'ff', bytes: 7 });
  return new RegistryCatalog({ resolve, packed } as unknown as RegistryService, base);
}

const details = { problem: 'multi', head: 'sequence', virtual_tokens: 0 };

describe('RegistryCatalog', () => {
  it('gives the bare base its own digest, heads and labels', async () => {
    expect(await catalog({ details }).resolve('t', 'base')).toMatchObject({
      versions: ['sha256:00'],
      bricks: [],
      head: 'base',
      tasks: ['masked_lm', 'embedding'],
      labels: base.labels,
    });
  });

  it('pins the version a name means now, under an id of its tenant', async () => {
    const id = `t.${'ab'.repeat(32)}`;
    expect(await catalog({ details }).resolve('t', 'mine')).toEqual({
      name: 'mine',
      adapter: 'mine',
      versions: [DIGEST],
      bricks: [{ ref: { id, objectKey: 'key', sha256: 'ff', bytes: 7 }, weight: 1 }],
      head: id,
      tasks: ['sequence_classification', 'embedding'],
      labels: { labels: ['x', 'y'], problem: 'multi' },
      virtualTokens: 0,
    });
  });

  it('answers with the base’s heads and labels where the adapter brings none', async () => {
    const bare = { labels: null, details: { problem: null, head: null, virtual_tokens: 5 } };
    const model = await catalog(bare).resolve('t', 'mine');
    expect(model).toMatchObject({ tasks: ['masked_lm', 'embedding'], labels: base.labels, virtualTokens: 5 });
  });

  it('answers by what a version has that is a model of its own, and by nothing of the base', async () => {
    const tasks = ['masked_lm', 'embedding'];
    const whole = { kind: 'base' as const, labels: null, details: { ...details, problem: null, head: null, tasks } };
    const model = await catalog(whole).resolve('t', 'mine');
    expect(model).toMatchObject({ tasks, labels: undefined, bricks: [{ ref: { isModel: true }, weight: 1 }] });
  });

  it('does not know what the registry does not know', async () => {
    await expect(catalog({ details }).resolve('t', 'theirs')).rejects.toMatchObject({ code: 'model_not_found' });
  });
});
