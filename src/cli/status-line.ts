import type { Surroundings } from './command.js';

/** Escape sequences that a terminal understands since the VT100: to the line's start, and clear it. */
const CLEAR = '\r\u001b[2K';

/** A line at the end of the output that is written anew in place; where there is no terminal it is not shown at all. */
export class StatusLine {
  private isShown = false;

  constructor(private readonly surroundings: Pick<Surroundings, 'error' | 'columns'>) {}

  get columns(): number | undefined {
    return this.surroundings.columns;
  }

  show(line: string): void {
    if (this.columns === undefined) return;
    this.surroundings.error(`${CLEAR}${line.slice(0, this.columns - 1)}`);
    this.isShown = true;
  }

  /** A line that stays, above the status. */
  print(line: string): void {
    this.clear();
    this.surroundings.error(`${line}\n`);
  }

  clear(): void {
    if (this.isShown) this.surroundings.error(CLEAR);
    this.isShown = false;
  }
}
