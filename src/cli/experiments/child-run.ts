import { fork } from 'node:child_process';
import { OverloadedError } from '../../common/errors.js';

type Answer<R> = { readonly result: R } | { readonly error: string };

/**
 * Runs a request in a process of its own, whose memory and processor time are that of the run alone. Its entry calls
 * `answerParent`.
 *
 * @throws OverloadedError  when the process fails, with what it said
 */
export function runInChild<R>(entry: URL, request: object): Promise<R> {
  const child = fork(entry, [], { serialization: 'advanced' });
  return new Promise((resolve, reject) => {
    const fail = (got: string): void => reject(new OverloadedError(`experiment: expected a result, got ${got}`));
    child.once('message', (answer: Answer<R>) => ('result' in answer ? resolve(answer.result) : fail(answer.error)));
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(signal ?? `exit code ${code}`)); // after an answer nobody listens
    child.send(request);
  });
}

/** In the process itself: takes one request, answers, and ends. */
export function answerParent(run: (request: never) => Promise<unknown>): void {
  process.once('message', (request: unknown) => {
    run(request as never).then(
      (result) => process.send?.({ result }, () => process.exit(0)),
      (error: unknown) => process.send?.({ error: String(error) }, () => process.exit(1)),
    );
  });
  process.on('disconnect', () => process.exit(1));
}
