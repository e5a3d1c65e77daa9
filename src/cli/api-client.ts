import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, NotFoundError, ValidationError } from '../common/errors.js';
import { optionText, type OptionValues, type Surroundings } from './command.js';

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

  /** @param keyFile  name in the data directory, e.g. `admin.key` */
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
    const response = await this.surroundings.fetch(`${this.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.key}`,
        ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (response.ok) return JSON.parse(text);
    throw toApiError(text, response.status);
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
