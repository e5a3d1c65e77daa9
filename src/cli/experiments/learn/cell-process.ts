import { runInChild } from '../child-run.js';
import type { CellRequest, CellResult } from './cell.js';

/**
 * Runs a cell in a process of its own.
 *
 * @throws OverloadedError  when the process fails, with what it said
 */
export function runCellProcess(request: CellRequest): Promise<CellResult> {
  return runInChild(new URL('./cell-child.js', import.meta.url), request);
}
