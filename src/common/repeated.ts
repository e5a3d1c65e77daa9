/**
 * Does something at once and then at every interval, but never twice at a time: an interval that finds it busy passes. `act`
 * handles its own errors. New → started → stopped.
 */
export class Repeated {
  private timer: NodeJS.Timeout | undefined;
  private busy: Promise<void> | undefined;

  constructor(
    private readonly intervalMs: number,
    private readonly act: () => Promise<void>,
  ) {}

  start(): void {
    this.actOnce();
    this.timer = setInterval(() => this.actOnce(), this.intervalMs);
    this.timer.unref();
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.busy;
  }

  private actOnce(): void {
    this.busy ??= this.act().finally(() => (this.busy = undefined));
  }
}
