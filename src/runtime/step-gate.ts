/**
 * Lets a run's steps through, or holds them up while serving needs the cores: open ⇄ held. A held run still gets `floor` of
 * the time, so that it never starves: after t ms of work its next step begins t · (1 − floor) / floor ms later at the latest.
 */
export class StepGate {
  private isHeld = false;
  private isNudged = false;
  private startedMs: number | undefined;
  private wakeUp: () => void = () => undefined;

  /** @param floor  above 0, at most 1 */
  constructor(
    private readonly floor: number,
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  hold(): void {
    this.isHeld = true;
  }

  open(): void {
    this.isHeld = false;
    this.wakeUp();
  }

  /** Lets one step through that is held or would be, as when a run is told to stop; the gate stays as it is. */
  nudge(): void {
    this.isNudged = true;
    this.wakeUp();
  }

  /** Resolves when the next step may begin. */
  async pass(): Promise<void> {
    if (this.isHeld && !this.isNudged && this.startedMs !== undefined) {
      await this.rest(((this.nowMs() - this.startedMs) * (1 - this.floor)) / this.floor);
    }
    this.isNudged = false;
    this.startedMs = this.nowMs();
  }

  private rest(longestMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wakeUp(), longestMs);
      this.wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
