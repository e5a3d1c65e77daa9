import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { linesOf } from '../datasets/labelled-text.js';

/** Finished runs, a line each, so that a stopped experiment goes on where it was. A torn last line is cut off. */
export class WorkFile<T extends { readonly key: string }> {
  private constructor(
    private readonly path: string,
    private readonly cells: Map<string, T>,
  ) {}

  static async open<T extends { readonly key: string }>(path: string): Promise<WorkFile<T>> {
    await mkdir(dirname(path), { recursive: true });
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    });
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const cells = linesOf(whole).map((line) => JSON.parse(line) as T);
    if (whole.length < text.length) await writeFile(path, whole);
    return new WorkFile(path, new Map(cells.map((cell) => [cell.key, cell])));
  }

  find(key: string): T | undefined {
    return this.cells.get(key);
  }

  async add(cell: T): Promise<void> {
    await appendFile(this.path, `${JSON.stringify(cell)}\n`);
    this.cells.set(cell.key, cell);
  }
}
