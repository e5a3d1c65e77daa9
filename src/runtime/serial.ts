/** Runs tasks one after the other, in the order they were given. A task that fails does not stop the next. */
export class Serial {
  private last: Promise<unknown> = Promise.resolve();

  run<T>(task: () => Promise<T> | T): Promise<T> {
    const result = this.last.then(task);
    this.last = result.catch(() => undefined); // its own caller sees the failure
    return result;
  }
}
