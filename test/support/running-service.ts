import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const START_MS = 120_000;

export interface RunOptions {
  readonly dataDir?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** What starts it; node itself when absent. A command leads a process group, as it does on a terminal. */
  readonly command?: readonly [string, ...string[]];
}

/** The built service as a process of its own, on a data directory and a port of its own. */
export class RunningService {
  private output = '';

  private constructor(
    readonly url: string,
    readonly dataDir: string,
    readonly process: ChildProcess,
  ) {
    const keep = (chunk: Buffer): void => void (this.output += chunk.toString());
    process.stdout?.on('data', keep);
    process.stderr?.on('data', keep);
  }

  /** Starts the process and waits until it is ready. */
  static async start(options: RunOptions = {}): Promise<RunningService> {
    const service = await RunningService.spawn(options);
    await service.ready();
    return service;
  }

  /** Starts the process and waits for nothing. */
  static async spawn(options: RunOptions = {}): Promise<RunningService> {
    const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'tessera-e2e-')));
    const port = await freePort();
    const env = { ...process.env, DATA_DIR: dataDir, PORT: String(port), ENGINE: 'onnx-cpu', ...options.env };
    const [program, ...args] = options.command ?? [process.execPath, '--enable-source-maps', MAIN];
    const child = spawn(program, args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: options.command !== undefined,
    });
    return new RunningService(`http://127.0.0.1:${port}`, dataDir, child);
  }

  /** Everything it has written so far. */
  get log(): string {
    return this.output;
  }

  get adminKey(): Promise<string> {
    return this.key('admin.key');
  }

  get defaultKey(): Promise<string> {
    return this.key('default.key');
  }

  async ready(): Promise<void> {
    for (const endMs = Date.now() + START_MS; Date.now() < endMs;) {
      if (this.process.exitCode !== null) throw new Error(`the service ended:\n${this.output}`);
      const response = await fetch(`${this.url}/readyz`).catch(() => undefined);
      if (response?.status === 200) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`the service is not ready after ${START_MS} ms:\n${this.output}`);
  }

  /** Ends it in order and gives its exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill(signal);
      await once(this.process, 'exit');
    }
    return this.process.exitCode;
  }

  /** As `stop`, and removes its data. */
  async remove(): Promise<void> {
    await this.stop();
    await rm(this.dataDir, { recursive: true, force: true });
  }

  /** Calls a route with a key; gives status, headers and body. */
  async call(key: string, method: string, path: string, body?: unknown): Promise<Answer> {
    const isForm = body instanceof FormData;
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, body: parse(text) };
  }

  /** A tenant of its own and a key of it. */
  async newTenant(name: string, role = 'tenant:admin'): Promise<{ id: string; key: string }> {
    const admin = await this.adminKey;
    const { body: tenant } = await this.call(admin, 'POST', '/admin/tenants', { name });
    const { body: key } = await this.call(admin, 'POST', '/admin/keys', { tenant: tenant.id, role, label: name });
    return { id: tenant.id, key: key.secret };
  }

  private async key(file: string): Promise<string> {
    return (await readFile(join(this.dataDir, file), 'utf8')).trim();
  }
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the body of any route, looked into by tests
  readonly body: any;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text; // metrics and files are no JSON
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
