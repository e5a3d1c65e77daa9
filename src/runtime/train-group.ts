import { trainTogether } from '../training/train-together.js';
import { toWireError } from './error-wire.js';
import type { TaskContext } from './serve-training.js';
import type { ChildTasks, RunEnd } from './training-messages.js';

type Group = ChildTasks['train_together'];

/** Several runs in one batch; each one's events and end go by its number, and no further. */
export async function trainGroup(
  { runs, directory }: Group['request'],
  { onEvent, onRunEnd, signalOf, turn }: Pick<TaskContext, 'onEvent' | 'onRunEnd' | 'signalOf' | 'turn'>,
): Promise<Group['result']> {
  const members = runs.map((request, run) => ({
    spec: request.spec,
    options: {
      directory: request.directory,
      onEvent: (event: Parameters<typeof onEvent>[0]) => onEvent(event, run),
      signal: signalOf(run),
    },
  }));
  const { results, ended } = trainTogether(members, { directory, turn });
  const told = results.map(async (result, run) => {
    const end = result.then(
      (value): RunEnd => ({ result: value }),
      (error: unknown): RunEnd => ({ error: toWireError(error) }),
    );
    onRunEnd(run, await end);
  });
  await Promise.all([...told, ended]);
  return 'ended';
}
