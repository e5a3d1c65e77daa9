import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readBanking77 } from './banking77.js';
import { readClinc150 } from './clinc150.js';
import { readSnips } from './snips.js';
import { readSst2 } from './sst2.js';
import { readWnut17 } from './wnut17.js';

let data: string;
beforeEach(async () => void (data = await mkdtemp(join(tmpdir(), 'tessera-datasets-'))));
afterEach(() => rm(data, { recursive: true }));

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(data, path)), { recursive: true });
  await writeFile(join(data, path), text);
}

describe('test splits', () => {
  it('CLINC150: the intents asked for, of the test split', async () => {
    const splits = { train: [['no', 'a']], test: [['x', 'a'], ['y', 'b'], ['z', 'c']] }; // prettier-ignore
    await write('clinc150/data_full.json', JSON.stringify(splits));
    expect(await readClinc150(data, ['c', 'a'])).toEqual([
      { text: 'x', label: 'a' },
      { text: 'z', label: 'c' },
    ]);
  });

  it('SNIPS: a text and a label on the same line of two files', async () => {
    await write('atis_snips/snips/test/seq.in', 'play a song  \nrate it\n');
    await write('atis_snips/snips/test/label', 'PlayMusic\nRateBook');
    expect(await readSnips(data)).toEqual([
      { text: 'play a song', label: 'PlayMusic' },
      { text: 'rate it', label: 'RateBook' },
    ]);
    await write('atis_snips/snips/test/label', 'PlayMusic');
    await expect(readSnips(data)).rejects.toThrow('expected a label for each of 2 texts, got 1');
  });

  it('SST-2: 0 and 1 by name, any other label refused', async () => {
    await write('sst2/SST2/test.tsv', 'dull\t0\nfine\t1');
    expect((await readSst2(data)).map(({ label }) => label)).toEqual(['negative', 'positive']);
    await write('sst2/SST2/test.tsv', 'dull\t0\nfine\t2\n');
    await expect(readSst2(data)).rejects.toThrow('sst2: line 2: expected 0 or 1');
  });

  it('Banking77: the columns of its header, which must be known', async () => {
    await write('banking77/test.csv', 'text,category\n"lost, again",lost_card\n');
    expect(await readBanking77(data)).toEqual([{ text: 'lost, again', label: 'lost_card' }]);
    await write('banking77/test.csv', 'id,text\n1,lost\n');
    await expect(readBanking77(data)).rejects.toThrow('got id,text');
  });

  it('WNUT17: words joined by spaces, tags as entities in code points, a bad line refused', async () => {
    await write('wnut17/emerging.dev.conll', '😀\tO\nNew\tB-location\nYork\tI-location\nBo\tB-person\n\nhi\tO\n\t\n');
    expect(await readWnut17(data, 'dev')).toEqual([
      {
        text: '😀 New York Bo',
        entities: [
          { start: 2, end: 10, label: 'location' },
          { start: 11, end: 13, label: 'person' },
        ],
      },
      { text: 'hi', entities: [] },
    ]);
    await write('wnut17/emerging.dev.conll', 'hi\tX-y\n');
    await expect(readWnut17(data, 'dev')).rejects.toThrow('wnut17: line 1: expected a word and a BIO tag');
  });
});
