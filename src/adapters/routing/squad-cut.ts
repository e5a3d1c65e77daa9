/** Which experts of a squad stay for one task. */
export interface CutOptions {
  /**
   * `layers`: the experts of each place by its own usage, as Mod-Squad cuts; the result's experts are new bricks, each made of
   * what was kept at each place. `experts`: whole experts by their mean usage, which other tasks may go on sharing.
   */
  readonly by?: 'layers' | 'experts' | undefined;
  /** An expert stays that has more than threshold / k per cent of the task's choices. Default 3. */
  readonly threshold?: number | undefined;
  /** Experts that stay, whatever the threshold. */
  readonly keep?: number | undefined;
}

/** A cut of stored files, each adapter's in a directory of its own. */
export interface SquadCut {
  readonly options: CutOptions & { readonly topK: number };
  readonly router: string;
  /** In the router's order; not needed by a cut by `experts`. */
  readonly experts: readonly string[];
  /** Gets the directories `router` and, by `layers`, `experts/0`, `experts/1` …. */
  readonly into: string;
}

/** What decided at one place, or for all of them. */
export interface PlaceUsage {
  /** E.g. `query.3`; null: the mean over all places. */
  readonly place: string | null;
  /** Of each expert in the router's order, in per cent of the task's choices. */
  readonly usage: readonly number[];
  /** Numbers of those that stay. */
  readonly kept: readonly number[];
}

/** What came of a cut; numbers of experts. */
export interface CutReport {
  readonly before: number;
  readonly after: number;
  readonly places: readonly PlaceUsage[];
}
