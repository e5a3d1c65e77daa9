import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const PRELOAD = fileURLToPath(new URL('./hold-at.mjs', import.meta.url));
const HELD_MS = 120_000;

/** Where a service that starts with `env` stops on its way: planned → held → opened. */
export class Gate {
  private constructor(private readonly directory: string) {}

  static async create(): Promise<Gate> {
    return new Gate(await mkdtemp(join(tmpdir(), 'tessera-gate-')));
  }

  get env(): Record<string, string> {
    return { TESSERA_TEST_GATE: this.directory, NODE_OPTIONS: `--import=${PRELOAD}` };
  }

  /**
   * @param kind   an object about to be published, or a statement about to be sent
   * @param error  the code of the system error that it fails with there; without one it is held
   */
  async plan(kind: 'link' | 'query', pattern: string, error?: string): Promise<void> {
    await rm(this.path('held'), { force: true });
    await writeFile(this.path('draft'), JSON.stringify({ kind, pattern, error }));
    await rename(this.path('draft'), this.path('plan'));
  }

  /** Until the service is there. */
  async held(): Promise<void> {
    for (const endMs = Date.now() + HELD_MS; !existsSync(this.path('held'));) {
      if (Date.now() > endMs) throw new Error(`gate: expected the service to come to it within ${HELD_MS} ms`);
      await sleep(10);
    }
  }

  open(): Promise<void> {
    return writeFile(this.path('go'), '');
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true });
  }

  private path(name: string): string {
    return join(this.directory, name);
  }
}
