import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { OverloadedError } from '../../../common/errors.js';
import type { CellRequest, CellResult } from './cell.js';

type Answer = { readonly result: CellResult } | { readonly error: string };

/**
 * Runs a cell in a process of its own, whose memory is that of the run alone.
 *
 * @throws OverloadedError  when the process fails, with what it said
 */
export function runCellProcess(request: CellRequest): Promise<CellResult> {
  const child = fork(fileURLToPath(new URL('./cell-child.js', import.meta.url)), [], { serialization: 'advanced' });
  return new Promise((resolve, reject) => {
    const fail = (got: string): void => reject(new OverloadedError(`experiment: expected a result, got ${got}`));
    child.once('message', (answer: Answer) => ('result' in answer ? resolve(answer.result) : fail(answer.error)));
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(signal ?? `exit code ${code}`)); // after an answer nobody listens
    child.send(request);
  });
}
