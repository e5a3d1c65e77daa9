import { join } from 'node:path';
import { createHash } from 'node:crypto';
import type { SplitCard } from './data-card.js';
import { type Example, SPLITS, type Split } from './example.js';
import { LineWriter, readExamples } from './spool.js';

export interface SplitPlan {
  /** Numbers of the rows kept, ascending, and by ordinal whether each was removed since, and its split. */
  readonly kept: Uint32Array;
  readonly removed: Uint8Array;
  readonly splits: Uint8Array;
  /** Values that replace those of rows. */
  readonly values: ReadonlyMap<number, number>;
}

/** Copies rows of the spool to the files of their splits, in the order of the source, and shows each to `onRow`. */
export async function writeSplits(
  spoolPath: string,
  directory: string,
  plan: SplitPlan,
  onRow: (example: Example, split: number) => void,
): Promise<Record<Split, SplitCard>> {
  const files = await Promise.all(SPLITS.map((split) => SplitFile.create(directory, split)));
  let ordinal = 0;
  for await (const batch of readExamples(spoolPath)) {
    for (const [row, read] of batch) {
      if (row !== plan.kept[ordinal]) continue;
      const at = ordinal++;
      if (plan.removed[at] === 1) continue;
      const value = plan.values.get(row);
      const example = value === undefined ? read : { ...read, value };
      const split = plan.splits[at]!;
      files[split]!.add(example);
      onRow(example, split);
    }
    for (const file of files) await file.writer.drain();
  }
  const [train, validation, test] = await Promise.all(files.map((file) => file.finish()));
  return { train: train!, validation: validation!, test: test! };
}

class SplitFile {
  private rows = 0;
  private readonly hash = createHash('sha256');

  private constructor(
    readonly writer: LineWriter,
    private readonly file: string,
  ) {}

  static async create(directory: string, split: Split): Promise<SplitFile> {
    const path = join(directory, `${split}.jsonl`);
    return new SplitFile(await LineWriter.create(path), path);
  }

  add(example: Example): void {
    const line = JSON.stringify(example);
    this.rows++;
    this.hash.update(line).update('\n');
    this.writer.add(line);
  }

  async finish(): Promise<SplitCard> {
    await this.writer.close();
    return { file: this.file, rows: this.rows, bytes: this.writer.bytes, digest: `sha256:${this.hash.digest('hex')}` };
  }
}
