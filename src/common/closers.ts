import type { Log } from './log.js';

/** What must be closed when the process ends, the last opened first. A step that fails is logged and the rest still run. */
export class Closers {
  private readonly steps: { readonly name: string; readonly close: () => Promise<void> }[] = [];

  constructor(private readonly log: Log) {}

  add(name: string, close: () => Promise<void>): void {
    this.steps.push({ name, close });
  }

  async close(): Promise<void> {
    for (let step = this.steps.pop(); step !== undefined; step = this.steps.pop()) {
      try {
        await step.close();
      } catch (error) {
        this.log.error({ err: error, step: step.name }, 'failed to close');
      }
    }
  }
}
