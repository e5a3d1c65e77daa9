import type { AdapterBase } from '../../adapters/adapter-base.js';
import type { AdapterFiles } from '../../adapters/files.js';
import type { CutOptions, CutReport } from '../../adapters/routing/squad-cut.js';
import { chooseExperts, meanUsage } from './choose-experts.js';
import { cutExperts } from './cut-experts.js';
import { cutRouter, openRouter } from './cut-router.js';

/** One task of a squad as it is stored. */
export interface StoredTask {
  readonly router: AdapterFiles;
  /** In the router's order; not read by a cut by `experts`. */
  readonly experts: readonly AdapterFiles[];
}

/** Files of the sub-model. */
export interface CutTask {
  readonly router: AdapterFiles;
  /** New ones; none where it goes on with some of the old. */
  readonly experts: readonly AdapterFiles[];
  readonly report: CutReport;
}

/**
 * What `extractSquad` gives, out of stored files and as such.
 *
 * @param topK  experts that a token goes to
 * @throws ValidationError | IncompatibleAdapterError  see `chooseExperts`, `openRouter`, `cutExperts`
 */
export function cutStoredSquad(
  { router, experts }: StoredTask,
  { topK, ...options }: CutOptions & { readonly topK: number },
  base: Pick<AdapterBase, 'sites'>,
): CutTask {
  const opened = openRouter(router, base);
  const kept = chooseExperts({ topK, experts: opened.experts }, opened.usage, options);
  const [some = []] = kept.values();
  const mean = [[null, meanUsage(opened.usage), some] as const];
  const each = [...kept].map(([place, own]) => [place, opened.usage.get(place) ?? [], own] as const);
  const isShared = options.by === 'experts';
  const places = (isShared ? mean : each).map(([place, usage, own]) => {
    return { place, usage: Array.from(usage, rounded), kept: own };
  });
  return {
    router: cutRouter(opened, kept),
    experts: isShared ? [] : cutExperts(experts, kept, base),
    report: { before: opened.experts, after: some.length, places },
  };
}

/** To hundredths of a per cent. */
function rounded(share: number): number {
  return Math.round(share * 100) / 100;
}
