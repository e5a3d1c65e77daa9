import { objectKey, type Config, type JsonValue } from './config.js';
import { matchTable } from './pattern.js';

/**
 * Per-module values such as `rank_pattern`: each key is a pattern that must match the end of a module path, at a dot or
 * at the start; the first key that matches wins, in the order of the file.
 */
export class Patterns {
  private readonly found = new Map<string, ReadonlyMap<string, JsonValue>>();

  constructor(
    private readonly config: Config,
    private readonly paths: readonly string[],
  ) {}

  /** The value that configuration key `key` gives the module at `path`, or nothing. */
  value(key: string, path: string): JsonValue | undefined {
    let values = this.found.get(key);
    if (values === undefined) this.found.set(key, (values = this.resolve(key)));
    return values.get(path);
  }

  private resolve(key: string): ReadonlyMap<string, JsonValue> {
    const values = new Map<string, JsonValue>();
    const entries = [...objectKey(this.config, key)];
    const table = matchTable(
      entries.map(([pattern]) => `(?:.*\\.)?(?:${pattern})`),
      this.paths,
      key,
    );
    this.paths.forEach((path, at) => {
      const first = entries.find((_entry, row) => table[row]?.[at]);
      if (first) values.set(path, first[1]);
    });
    return values;
  }
}
