interface Move {
  readonly digest: string;
  readonly startMs: number;
  endMs: number;
}

/**
 * Where one alias pointed, as its only mover saw it. While a move is under way both its versions are right; once it is
 * answered the earlier one is wrong for every request that starts later.
 */
export class AliasHistory {
  private readonly moves: Move[];

  constructor(digest: string) {
    this.moves = [{ digest, startMs: -Infinity, endMs: -Infinity }];
  }

  get current(): string {
    return this.moves.at(-1)?.digest ?? '';
  }

  get length(): number {
    return this.moves.length - 1;
  }

  /** Runs a move that points the alias at `digest`. */
  async move(digest: string, run: () => Promise<void>): Promise<void> {
    const move = { digest, startMs: performance.now(), endMs: Infinity };
    this.moves.push(move);
    await run();
    move.endMs = performance.now();
  }

  /** Versions that may answer a request that started and was answered at these times. */
  during(startMs: number, endMs: number): Set<string> {
    const right = this.moves.filter((move, at) => {
      const next = this.moves[at + 1];
      return move.startMs <= endMs && (next === undefined || next.endMs >= startMs);
    });
    return new Set(right.map(({ digest }) => digest));
  }
}
