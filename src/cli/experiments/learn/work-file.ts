import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { linesOf } from '../../datasets/labelled-text.js';
import type { CellResult } from './cell.js';

/** A finished run. */
export interface FinishedCell extends CellResult {
  /** Task, method, seed and all that was asked for. */
  readonly key: string;
}

/** Finished runs, a line each, so that a stopped experiment goes on where it was. A torn last line is cut off. */
export class WorkFile {
  private constructor(
    private readonly path: string,
    private readonly cells: Map<string, FinishedCell>,
  ) {}

  static async open(path: string): Promise<WorkFile> {
    await mkdir(dirname(path), { recursive: true });
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    });
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const cells = linesOf(whole).map((line) => JSON.parse(line) as FinishedCell);
    if (whole.length < text.length) await writeFile(path, whole);
    return new WorkFile(path, new Map(cells.map((cell) => [cell.key, cell])));
  }

  find(key: string): FinishedCell | undefined {
    return this.cells.get(key);
  }

  async add(cell: FinishedCell): Promise<void> {
    await appendFile(this.path, `${JSON.stringify(cell)}\n`);
    this.cells.set(cell.key, cell);
  }
}
