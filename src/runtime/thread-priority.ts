import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';

/** Between the default 0 and the least urgent 19: one such thread gets a third of what a default one does on a full core. */
export const ENGINE_NICENESS = 5;
/** Nobody waits for an import as they wait for an answer. */
export const IMPORT_NICENESS = 10;

/**
 * Makes this thread, and every thread it starts from now on, give way to the others of the process (Linux alone, where
 * niceness belongs to a thread). On full cores the thread that answers HTTP then runs when it has something to do, instead
 * of waiting a time slice for its turn behind the engine's threads; and since it has little to do, they lose little.
 *
 * @returns false where the system has no such thing or does not allow it
 */
export function lowerThreadPriority(niceness: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    setPriority(threadId(), niceness);
    return true;
  } catch {
    return false; // no /proc, or a sandbox that forbids it: all threads stay equal, as on other systems
  }
}

/** The kernel's id of this thread: /proc/thread-self is a link to `<process>/task/<thread>`. */
function threadId(): number {
  return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
}
