import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { banner } from './banner.js';
import { examplesFor } from './first-boot.js';

describe('the examples of a first boot', () => {
  it('are those trained on the base that is served', async () => {
    const names = (await examplesFor('tessera-tiny')).map((directory) => basename(directory));
    expect(names.sort()).toEqual(['clinc-banking', 'clinc-travel']);
  });

  it('are none on another base, which then starts without them', async () => {
    expect(await examplesFor('all-MiniLM-L6-v2')).toEqual([]);
  });
});

describe('the banner', () => {
  const shown = (hasExamples: boolean) =>
    banner({ url: 'http://127.0.0.1:8080', adminKey: 'data/admin.key', defaultKey: 'data/default.key', hasExamples });

  it('calls an example adapter where there is one and the base where there is none', () => {
    expect(shown(true)).toContain('/v1/classify');
    expect(shown(false)).toContain('/v1/embeddings');
    expect(shown(false)).not.toContain('clinc');
  });

  it('says nothing of a tenant key that does not exist', () => {
    expect(banner({ url: 'http://127.0.0.1:8080', adminKey: 'a', hasExamples: true })).not.toContain('curl');
  });
});
