import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ADMIN_KEY_FILE, ApiClient } from '../api-client.js';
import type { Surroundings } from '../command.js';

const MAIN = fileURLToPath(new URL('../../main.js', import.meta.url));

/** The service of this build as a process of its own, on a free port and a data directory that is removed with it. */
export class TemporaryService {
  private constructor(
    private readonly process: ChildProcess,
    private readonly url: string,
    private readonly dataDir: string,
  ) {}

  /** @throws Error  with what the service wrote, when it ends before it is ready */
  static async start(env: Readonly<Record<string, string>> = {}): Promise<TemporaryService> {
    const dataDir = await mkdtemp(join(tmpdir(), 'tessera-experiment-'));
    const child = spawn(process.execPath, ['--enable-source-maps', MAIN], {
      env: { ...process.env, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'info', DEFAULT_TENANT: 'false', ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      return new TemporaryService(child, await readyUrl(child), dataDir);
    } catch (error) {
      await rm(dataDir, { recursive: true, force: true });
      throw error;
    }
  }

  /** A client of a new tenant. */
  async newTenant(name: string): Promise<ApiClient> {
    const admin = await this.client({});
    const { id } = (await admin.call('POST', '/admin/tenants', { name })) as { id: string };
    const body = { tenant: id, role: 'tenant:admin', label: name };
    const { secret } = (await admin.call('POST', '/admin/keys', body)) as { secret: string };
    return this.client({ key: secret });
  }

  async remove(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGTERM');
      await once(this.process, 'exit');
    }
    await rm(this.dataDir, { recursive: true, force: true });
  }

  private client(options: { key?: string }): Promise<ApiClient> {
    const surroundings: Surroundings = {
      out: () => undefined,
      error: () => undefined,
      env: { DATA_DIR: this.dataDir },
      fetch,
    };
    return ApiClient.open({ url: this.url, ...options }, surroundings, ADMIN_KEY_FILE);
  }
}

/** The address from the log line that says the service is ready; the log is read on, so that it never fills its pipe. */
function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => reject(new Error(`the service ended with ${String(code ?? signal)}`)));
    if (child.stdout === null) return;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { msg, url } = parseLine(line);
      if (msg === 'ready' && url !== undefined) resolve(url);
    });
  });
}

function parseLine(line: string): { msg?: string; url?: string } {
  try {
    return JSON.parse(line) as { msg?: string; url?: string };
  } catch {
    return {}; // not a log line
  }
}
