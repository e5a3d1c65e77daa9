import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readSafetensors } from '../../engine/io/safetensors.js';

const indexSchema = z.object({
  cases: z.array(
    z.object({
      id: z.string(),
      group: z.string(),
      family: z.string(),
      task: z.string(),
      method: z.string(),
      files: z.array(z.string()).min(1),
      refs: z.array(z.string()),
    }),
  ),
});

const caseSchema = z.object({
  base: z.string().optional(),
  tokenizer: z.string().optional(),
  adapter: z.string().optional(),
  adapters: z.record(z.string(), z.string()).optional(),
  /** Mixed batches: an adapter's key or `__base__` for each row, or a record for each row. */
  rows: z.array(z.unknown()).optional(),
  texts: z.array(z.string()).optional(),
  text_pairs: z.array(z.string()).optional(),
  pair_second: z.string().optional(),
  /** Composition: the weight of each of `adapters`, and what PEFT was asked for. */
  weights: z.record(z.string(), z.number()).optional(),
  peft_args: z.unknown().optional(),
  tolerance: z.object({ abs: z.number().optional(), exact: z.boolean().optional() }).loose(),
  tensors_file: z.string().optional(),
});

export type GoldenEntry = z.infer<typeof indexSchema>['cases'][number];
export type GoldenCase = z.infer<typeof caseSchema>;

/** A tensor of a case; indices in it are exact, all else is float32. */
export interface Expected {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A directory of golden cases: INDEX.json and the files it names. */
export class GoldenSet {
  private constructor(
    readonly directory: string,
    readonly entries: readonly GoldenEntry[],
  ) {}

  static async open(directory: string): Promise<GoldenSet> {
    const index = indexSchema.parse(await readJson(join(directory, 'INDEX.json')));
    return new GoldenSet(directory, index.cases);
  }

  async readCase(entry: GoldenEntry): Promise<GoldenCase> {
    return caseSchema.parse(await readJson(this.path(entry.files[0]!)));
  }

  async readTensors(file: string): Promise<Map<string, Expected>> {
    const { tensors } = readSafetensors(await readFile(this.path(file)));
    return new Map([...tensors].map(([name, held]) => [name, { shape: held.shape, data: held.toFloat32() }]));
  }

  path(relative: string): string {
    return join(this.directory, relative);
  }
}

export async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8')) as unknown;
}
