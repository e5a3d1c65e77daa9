/** What one call of a task cost: time on the clock, and processor time of this process (all threads). */
export interface Cost {
  readonly wallMs: number;
  readonly cpuMs: number;
}

export async function costOf(task: () => Promise<unknown>): Promise<Cost> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await task();
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1000 };
}

/**
 * Costs of several tasks, run in turn for `rounds` rounds so that what else the machine does falls on all of them.
 *
 * @returns for each task the costs of its rounds, after one round of warm-up
 */
export async function alternate<K extends string>(
  tasks: Readonly<Record<K, () => Promise<unknown>>>,
  rounds: number,
): Promise<Record<K, Cost[]>> {
  const names = Object.keys(tasks) as K[];
  const costs = Object.fromEntries(names.map((name) => [name, [] as Cost[]])) as Record<K, Cost[]>;
  for (const name of names) await tasks[name]();
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? names : names.toReversed();
    for (const name of order) costs[name].push(await costOf(tasks[name]));
  }
  return costs;
}

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = q * (sorted.length - 1);
  const [low, high] = [Math.floor(at), Math.ceil(at)];
  const [a = Number.NaN, b = Number.NaN] = [sorted[low], sorted[high]];
  return a + (b - a) * (at - low);
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The median over rounds of `costs[i] / base[i]`: neighbours in time share the machine's mood. */
export function medianRatio(numerator: readonly Cost[], denominator: readonly Cost[], by: keyof Cost): number {
  return median(numerator.map((cost, i) => cost[by] / (denominator[i]?.[by] ?? Number.NaN)));
}
