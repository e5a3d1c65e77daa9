/** A version of a tenant. */
export interface VersionPlace {
  readonly tenantId: string;
  readonly digest: string;
}

/**
 * Counts the requests that are under way on each version of each tenant. A leased version may lose its aliases, but is not
 * deleted.
 */
export class VersionLeases {
  private readonly counts = new Map<string, number>();

  /** Holds the versions until the returned function is called. */
  hold(places: readonly VersionPlace[]): () => void {
    const keys = places.map(keyOf);
    for (const key of keys) this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
    return () => {
      for (const key of keys.splice(0)) this.release(key);
    };
  }

  isLeased(tenantId: string, digest: string): boolean {
    return this.counts.has(keyOf({ tenantId, digest }));
  }

  private release(key: string): void {
    const count = (this.counts.get(key) ?? 0) - 1;
    if (count > 0) this.counts.set(key, count);
    else this.counts.delete(key);
  }
}

function keyOf({ tenantId, digest }: VersionPlace): string {
  return `${tenantId} ${digest}`;
}
