import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, NotFoundError, ValidationError } from '../common/errors.js';
import { optionText, type OptionValues, type Surroundings } from './command.js';
import { fileForm } from './file-form.js';

/** The files of the data directory that hold the admin key and the key of the default tenant. */
export const ADMIN_KEY_FILE = 'admin.key';
export const TENANT_KEY_FILE = 'default.key';

/** Code of the error when there is no answer. */
export const NO_CONNECTION = 'no_connection';

/** Options of every command that talks to a running service. */
export const API_OPTIONS = {
  url: { type: 'string' },
  key: { type: 'string' },
} as const;

/** What the service answered with an error status. */
export class ApiError extends AppError {
  constructor(
    message: string,
    readonly status: number,
    code: string,
  ) {
    super(message, { code });
  }
}

/**
 * Calls a running service. The address is --url, TESSERA_URL or the default port; the key is --key, TESSERA_KEY or the file
 * that the service wrote into the data directory.
 */
export class ApiClient {
  private constructor(
    private readonly url: string,
    private readonly key: string,
    private readonly surroundings: Surroundings,
  ) {}

  /** @param keyFile  name in the data directory */
  static async open(options: OptionValues, surroundings: Surroundings, keyFile: string): Promise<ApiClient> {
    const { env } = surroundings;
    const url = optionText(options, 'url') ?? env['TESSERA_URL'] ?? `http://127.0.0.1:${env['PORT'] ?? '8080'}`;
    if (!URL.canParse(url)) throw new ValidationError(`--url: expected a URL, got ${url}`);
    const key =
      optionText(options, 'key') ?? env['TESSERA_KEY'] ?? (await readKey(env['DATA_DIR'] ?? './data', keyFile));
    return new ApiClient(url.replace(/\/$/, ''), key, surroundings);
  }

  async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const isForm = body instanceof FormData;
    const response = await this.request(method, path, {
      ...(body !== undefined && !isForm && { headers: { 'content-type': 'application/json' } }),
      ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
    });
    return response.json();
  }

  /** Uploads a file of this machine as it is read, and gives its id. @throws ValidationError  for one that cannot be read */
  async upload(path: string, purpose: 'fine-tune' | 'evals'): Promise<string> {
    const { type, body } = await fileForm(path, { purpose });
    const response = await this.request('POST', '/v1/files', { headers: { 'content-type': type }, body });
    return ((await response.json()) as { id: string }).id;
  }

  /** The data of server-sent events, as they come. */
  async *stream(path: string): AsyncGenerator<string> {
    const { body } = await this.request('GET', path);
    const reader = body?.pipeThrough(new TextDecoderStream());
    let rest = '';
    for await (const text of reader ?? []) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.startsWith('data: ')) yield line.slice('data: '.length);
    }
  }

  /** @throws ApiError  for an answer with an error status, or none */
  private async request(
    method: string,
    path: string,
    { headers, body }: { headers?: Record<string, string>; body?: RequestInit['body'] } = {},
  ): Promise<Response> {
    const init: RequestInit & { duplex?: 'half' } = {
      method,
      headers: { authorization: `Bearer ${this.key}`, ...headers },
      ...(body !== undefined && { body, duplex: 'half' as const }),
    };
    const response = await this.surroundings.fetch(`${this.url}${path}`, init).catch((cause: unknown) => {
      const { cause: inner, message } = cause as Error;
      const reason = inner instanceof Error && inner.message !== '' ? inner.message : message;
      throw new ApiError(`service: expected one at ${this.url}, got ${reason}`, 503, NO_CONNECTION);
    });
    if (response.ok) return response;
    throw toApiError(await response.text(), response.status);
  }
}

async function readKey(dataDir: string, file: string): Promise<string> {
  const path = join(dataDir, file);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new NotFoundError(`key: expected --key, TESSERA_KEY or the file ${path}, got none`, { cause });
  });
  return text.trim();
}

function toApiError(text: string, status: number): ApiError {
  try {
    const { error } = JSON.parse(text) as { error: { message: string; code: string | null } };
    return new ApiError(error.message, status, error.code ?? 'error');
  } catch {
    // not our service's body: say what came instead
    return new ApiError(`answer ${status}: ${text.slice(0, 200)}`, status, 'error');
  }
}
