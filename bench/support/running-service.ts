import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The built service in a process of its own on an empty data directory, driven over HTTP as a client does. */
export class RunningService {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 256 });

  private constructor(
    readonly dataDir: string,
    private readonly port: number,
    private readonly key: string,
    private readonly process: ChildProcess,
  ) {}

  static async start(settings: Readonly<Record<string, string>>): Promise<RunningService> {
    const dataDir = await mkdtemp(join(tmpdir(), 'tessera-bench-'));
    const port = await freePort();
    const child = spawn(process.execPath, ['--enable-source-maps', 'dist/main.js'], {
      env: { ...process.env, DATA_DIR: dataDir, PORT: String(port), LOG_LEVEL: 'error', ...settings },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    await ready(port, child);
    const key = (await readFile(join(dataDir, 'default.key'), 'utf8')).trim();
    return new RunningService(dataDir, port, key, child);
  }

  async stop(): Promise<void> {
    this.agent.destroy();
    this.process.kill('SIGTERM');
    if (this.process.exitCode === null) await once(this.process, 'exit');
    await rm(this.dataDir, { recursive: true, force: true });
  }

  async classify(model: string, input: string | readonly string[]): Promise<void> {
    const body = JSON.stringify({ model, input });
    const { status, text } = await this.send('POST', '/v1/classify', body, { 'content-type': 'application/json' });
    if (status !== 200) throw new Error(`classify: expected 200, got ${status}: ${text}`);
  }

  async import(name: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
    const form = new FormData();
    form.set('name', name);
    for (const [file, bytes] of files) form.append('files', new Blob([Buffer.from(bytes)]), file);
    const answer = await fetch(`http://127.0.0.1:${this.port}/v1/adapters`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.key}` },
      body: form,
    });
    if (answer.status !== 201)
      throw new Error(`import ${name}: expected 201, got ${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
  }

  /** A JSON request of any kind; the answer's body. */
  async call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Readonly<Record<string, unknown>>> {
    const json = { 'content-type': 'application/json' };
    const { status, text } = await (body === undefined
      ? this.send(method, path)
      : this.send(method, path, JSON.stringify(body), json));
    if (status >= 300) throw new Error(`${method} ${path}: expected success, got ${status}: ${text}`);
    return JSON.parse(text) as Record<string, unknown>;
  }

  /** Uploads training data; the file's id. */
  async upload(text: string): Promise<string> {
    const form = new FormData();
    form.set('purpose', 'fine-tune');
    form.append('file', new Blob([text]), 'train.jsonl');
    const answer = await fetch(`http://127.0.0.1:${this.port}/v1/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.key}` },
      body: form,
    });
    if (!answer.ok) throw new Error(`upload: expected success, got ${answer.status}: ${await answer.text()}`);
    return ((await answer.json()) as { id: string }).id;
  }

  /** The sum of a metric over its labels that contain `label`. */
  async metric(name: string, label = ''): Promise<number> {
    const { text } = await this.send('GET', '/metrics');
    return text
      .split('\n')
      .filter((line) => line.startsWith(name) && /[ {]/.test(line[name.length] ?? '') && line.includes(label))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }

  private send(
    method: string,
    path: string,
    body?: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const sent = request(
        {
          port: this.port,
          host: '127.0.0.1',
          method,
          path,
          agent: this.agent,
          headers: {
            authorization: `Bearer ${this.key}`,
            ...headers,
            ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
          },
        },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8');
          answer.on('data', (chunk: string) => (text += chunk));
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
          answer.on('error', reject);
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

async function ready(port: number, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (child.exitCode !== null) throw new Error(`service: expected it to start, it ended with ${child.exitCode}`);
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('service: expected it ready within a minute');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address ? address.port : 0;
}
