import { z } from 'zod';
import type { Brick } from '../../adapters/brick.js';
import { fromDirectory } from '../../adapters/files.js';
import { importAdapter } from '../../adapters/import.js';
import type { AdapterTask } from '../../adapters/adapter-base.js';
import type { Row, RowResult, RowTask } from '../../runtime/protocol.js';
import type { OpenBase } from './base-pool.js';
import { maxDifference, normalised, rowOf, sliceOf } from './difference.js';
import type { Expected, GoldenCase, GoldenEntry, GoldenSet } from './golden-set.js';
import { tappedTensors } from './taps.js';

const TASKS: Readonly<Record<string, AdapterTask>> = {
  features: 'embedding',
  mlm: 'masked_lm',
  seqcls: 'sequence_classification',
  tokcls: 'token_classification',
};

const mixedRow = z.union([z.string(), z.object({ adapter: z.string().nullable() }).loose()]);

interface TextRow {
  readonly inputIds: Int32Array;
  readonly tokenTypeIds: Int32Array;
}

type Tensors = ReadonlyMap<string, Expected>;

/** One case through loader, tokenizer and engine; returns the largest |got − expected| over all its tensors. */
export async function runEncoderCase(
  set: GoldenSet,
  entry: GoldenEntry,
  golden: GoldenCase,
  base: OpenBase,
): Promise<number> {
  const tensors = await set.readTensors(golden.tensors_file ?? '');
  const texts = textRows(golden, tensors, base);
  const folders = adapterFolders(golden, texts.length);
  for (const folder of new Set(folders)) {
    if (folder) await base.runtime.load(folder, await readBrick(set, folder, TASKS[entry.task], base));
  }
  const run = async (task: (row: TextRow) => RowTask): Promise<readonly RowResult[]> => {
    const rows = texts.map((text, index): Row => {
      const folder = folders[index];
      return {
        ...text,
        bricks: folder ? [{ id: folder, weight: 1 }] : [],
        heads: [folder && base.hasHead(folder) ? folder : 'base'],
        task: task(text),
      };
    });
    return (await base.runtime.run(rows)).rows;
  };
  const differences = await checkers[entry.task]!({ tensors, texts, run, base });
  return Math.max(...differences);
}

interface Check {
  readonly tensors: Tensors;
  readonly texts: readonly TextRow[];
  readonly run: (task: (row: TextRow) => RowTask) => Promise<readonly RowResult[]>;
  readonly base: OpenBase;
}

/** What each task compares. A tensor of a case that nothing here compares is an error, not a pass. */
const checkers: Readonly<Record<string, (check: Check) => Promise<number[]>>> = {
  async seqcls({ tensors, run }) {
    const rows = await run(() => ({ kind: 'sequence' }));
    return rows.map((row, i) => {
      const single = tensors.get(`logits.${i}`);
      return maxDifference(row.data, single ? single.data : rowOf(require(tensors, 'logits'), i));
    });
  },

  async tokcls({ tensors, texts, run }) {
    const expected = require(tensors, 'logits');
    const virtual = (expected.shape[1] ?? 0) - (require(tensors, 'input_ids').shape[1] ?? 0);
    const rows = await run(() => ({ kind: 'token' }));
    return rows.map((row, i) =>
      maxDifference(row.data, sliceOf(expected, i, virtual, virtual + texts[i]!.inputIds.length)),
    );
  },

  async mlm({ tensors, texts, run }) {
    const expected = require(tensors, 'logits');
    const rows = await run(({ inputIds }) => ({ kind: 'masked_lm', positions: [...inputIds.keys()] }));
    return rows.map((row, i) => maxDifference(row.data, sliceOf(expected, i, 0, texts[i]!.inputIds.length)));
  },

  async features({ tensors, texts, run, base }) {
    const differences: number[] = [];
    const perToken = (name: string, rows: readonly Float32Array[]): void => {
      const expected = tensors.get(name);
      if (!expected) return;
      rows.forEach((row, i) =>
        differences.push(maxDifference(row, sliceOf(expected, i, 0, texts[i]!.inputIds.length))),
      );
    };
    const perRow = (name: string, rows: readonly Float32Array[]): void => {
      const expected = tensors.get(name);
      if (expected) rows.forEach((row, i) => differences.push(maxDifference(row, rowOf(expected, i))));
    };
    const dataOf = async (task: RowTask): Promise<Float32Array[]> => (await run(() => task)).map((row) => row.data);
    perToken('last_hidden_state', await dataOf({ kind: 'hidden' }));
    const mean = await dataOf({ kind: 'embedding', pooling: 'mean' });
    perRow('mean_pooled', mean);
    perRow('embedding', mean.map(normalised));
    perRow('cls_embedding', (await dataOf({ kind: 'embedding', pooling: 'cls' })).map(normalised));
    if (['hidden_states.0', 'attentions.0', 'pooler_output'].some((name) => tensors.has(name))) {
      differences.push(...(await tappedTensors(base, texts, tensors)));
    }
    return differences;
  },
};

function require(tensors: Tensors, name: string): Expected {
  const found = tensors.get(name);
  if (!found) throw new Error(`golden tensors: expected ${name}, got ${[...tensors.keys()].join(', ')}`);
  return found;
}

/** The texts through our tokenizer; where the case has other ids (masked tokens apart) it fails here. */
export function textRows(golden: GoldenCase, tensors: Tensors, { model }: OpenBase): TextRow[] {
  const ids = require(tensors, 'input_ids');
  const mask = require(tensors, 'attention_mask');
  return (golden.texts ?? []).map((text, i) => {
    const pair = golden.text_pairs?.[i];
    const encoding = model.tokenizer.encode(text, pair === undefined ? {} : { pair });
    const length = rowOf(mask, i).reduce((sum, one) => sum + one, 0);
    const given = Int32Array.from(rowOf(ids, i).subarray(0, length));
    const isSame =
      encoding.ids.length === length &&
      given.every((id, at) => id === encoding.ids[at] || id === model.tokenizer.special.mask);
    if (!isSame)
      throw new Error(`tokenizer: ${JSON.stringify(text)}: expected ${given.join(' ')}, got ${encoding.ids.join(' ')}`);
    return { inputIds: given, tokenTypeIds: encoding.typeIds };
  });
}

/** The adapter folder of each row, or nothing for the bare base. */
function adapterFolders(golden: GoldenCase, rows: number): (string | undefined)[] {
  if (!golden.rows) return Array.from({ length: rows }, () => golden.adapter);
  return z
    .array(mixedRow)
    .parse(golden.rows)
    .map((row) => (typeof row === 'string' ? golden.adapters?.[row] : (row.adapter ?? undefined)));
}

async function readBrick(
  set: GoldenSet,
  folder: string,
  task: AdapterTask | undefined,
  base: OpenBase,
): Promise<Brick> {
  const { brick } = importAdapter(await fromDirectory(set.path(folder)), base.model, task && { task });
  base.noteHead(folder, brick.head !== undefined);
  return brick;
}
