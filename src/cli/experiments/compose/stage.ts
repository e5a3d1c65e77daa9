import type { Brick } from '../../../adapters/brick.js';
import { fromDirectory } from '../../../adapters/files.js';
import { importAdapter } from '../../../adapters/import.js';
import type { BaseModel } from '../../../models/base-model.js';
import type { Runtime } from '../../../runtime/protocol.js';
import type { Domain } from './domains.js';
import type { Examiner, Question } from './examiner.js';

/** All that the rows of the table are asked with, for one seed. */
export interface Stage {
  readonly seed: number;
  readonly base: BaseModel;
  readonly runtime: Runtime;
  readonly examiner: Examiner;
  readonly domains: readonly Domain[];
  /** Of all domains. */
  readonly test: readonly Question[];
  readonly validation: readonly Question[];
  readonly train: readonly Question[];
  /** The bricks of the domains, in their order; resident by their `id`. */
  readonly bricks: readonly StageBrick[];
  /** Directories of what else was trained, by name. */
  readonly files: ReadonlyMap<string, string>;
}

export interface StageBrick {
  readonly id: string;
  readonly directory: string;
  readonly brick: Brick;
}

/** One row of the table. */
export interface ComposeRow {
  readonly name: string;
  score(stage: Stage): Promise<RowScore>;
}

export interface RowScore {
  /** On the test questions, from 0 to 1. */
  readonly accuracy: number;
  /** For the reader, e.g. a weight that was chosen. */
  readonly what?: string;
  /** Of a row that is held against something of its own. */
  readonly isReached?: boolean;
}

export async function readBrick(directory: string, base: BaseModel): Promise<Brick> {
  return importAdapter(await fromDirectory(directory), base, { task: 'sequence_classification' }).brick;
}

/** Asks with bricks that are resident for that long. */
export async function withBricks<T>(
  runtime: Runtime,
  bricks: ReadonlyMap<string, Brick>,
  ask: () => Promise<T>,
): Promise<T> {
  for (const [id, brick] of bricks) await runtime.load(id, brick);
  try {
    return await ask();
  } finally {
    for (const id of bricks.keys()) await runtime.unload(id);
  }
}
