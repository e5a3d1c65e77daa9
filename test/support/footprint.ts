import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';

/** What a service holds: rows of each table, and the names of stored objects and of uploads under way. */
export interface Footprint {
  readonly rows: Readonly<Record<string, number>>;
  readonly objects: readonly string[];
  readonly uploads: readonly string[];
  /** What lies in the data directory itself. */
  readonly top: readonly string[];
}

/** Looks into the database and the files of a service with an embedded server, past its API. */
export class FootprintProbe {
  private constructor(
    private readonly dataDir: string,
    private readonly client: Client,
    private readonly tables: readonly string[],
  ) {}

  static async open(dataDir: string): Promise<FootprintProbe> {
    const client = new Client({ host: join(dataDir, 'postgres'), user: 'postgres', database: 'tessera' });
    await client.connect();
    const { rows } = await client.query<{ tablename: string }>(
      "select tablename from pg_tables where schemaname = 'public' order by tablename",
    );
    return new FootprintProbe(
      dataDir,
      client,
      rows.map(({ tablename }) => tablename),
    );
  }

  async look(): Promise<Footprint> {
    const counts = this.tables.map((table) => `select '${table}' as name, count(*)::int as count from "${table}"`);
    const { rows } = await this.client.query<{ name: string; count: number }>(counts.join(' union all '));
    return {
      rows: Object.fromEntries(rows.map(({ name, count }) => [name, count])),
      objects: await this.names('objects'),
      uploads: await this.names('uploads'),
      top: (await readdir(this.dataDir)).sort(),
    };
  }

  close(): Promise<void> {
    return this.client.end();
  }

  private async names(directory: string): Promise<string[]> {
    for (;;) {
      try {
        return (await readdir(join(this.dataDir, directory), { recursive: true })).sort();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error; // removed while it was read: read again
      }
    }
  }
}
