import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ValidationError } from '../common/errors.js';
import type { Setting } from './setting.js';
import { SETTINGS, type SettingName, type SettingValues } from './settings.js';

/** Nest token of the one Config. */
export const CONFIG = Symbol('Config');

/** Everything the environment decides; read once, frozen. */
export type Config = Readonly<ReturnType<typeof toConfig>>;

export interface S3Config {
  readonly endpoint: string;
  readonly bucket: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
}

const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));
const S3_TOGETHER = ['S3_ENDPOINT', 'S3_BUCKET', 'S3_ACCESS_KEY', 'S3_SECRET_KEY'] as const;

/**
 * Reads the settings; an empty variable counts as unset.
 *
 * @throws ValidationError  naming every fault at once: the setting, its rule and (unless secret) the value
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const faults: string[] = [];
  const entries = Object.entries<Setting<unknown>>(SETTINGS).map(([name, setting]) => {
    const text = env[name] === undefined || env[name] === '' ? setting.defaultText : env[name];
    const value = text === undefined ? undefined : setting.parse(text);
    if (text !== undefined && value === undefined) {
      faults.push(`${name}: expected ${setting.rule}, got ${setting.isSecret ? 'something else (not shown)' : text}`);
    }
    return [name, value] as const;
  });
  faults.push(...s3Faults(env));
  if (faults.length > 0) throw new ValidationError(`settings: ${faults.length} wrong:\n  ${faults.join('\n  ')}`);
  return deepFreeze(toConfig(Object.fromEntries(entries) as SettingValues));
}

function s3Faults(env: Readonly<Record<string, string | undefined>>): string[] {
  const missing = S3_TOGETHER.filter((name) => !env[name]);
  if (missing.length === 0 || missing.length === S3_TOGETHER.length) return [];
  return missing.map((name) => `${name}: expected a value, as ${S3_TOGETHER.join(', ')} go together, got none`);
}

function toConfig(values: SettingValues) {
  return {
    host: required(values, 'HOST'),
    port: required(values, 'PORT'),
    dataDir: resolve(required(values, 'DATA_DIR')),
    role: required(values, 'ROLE'),
    logLevel: required(values, 'LOG_LEVEL'),
    baseModel: values.BASE_MODEL ?? resolve(PACKAGE_ROOT, 'models/tessera-tiny'),
    engine: required(values, 'ENGINE'),
    precision: required(values, 'PRECISION'),
    threads: values.THREADS || availableParallelism(),
    poolBytes: required(values, 'POOL_BYTES'),
    maxModels: required(values, 'MAX_MODELS'),
    hostCacheBytes: required(values, 'HOST_CACHE_BYTES'),
    diskCacheBytes: required(values, 'DISK_CACHE_BYTES'),
    databaseUrl: values.DATABASE_URL,
    redisUrl: values.REDIS_URL,
    s3: toS3(values),
    limits: {
      uploadBytes: required(values, 'MAX_UPLOAD_BYTES'),
      fileBytes: required(values, 'MAX_FILE_BYTES'),
      bodyBytes: required(values, 'MAX_BODY_BYTES'),
      inputs: required(values, 'MAX_INPUTS'),
      batchTokens: required(values, 'MAX_BATCH_TOKENS'),
      batchRows: required(values, 'MAX_BATCH_ROWS'),
      queueRows: required(values, 'QUEUE_LIMIT'),
      requestTimeoutMs: required(values, 'REQUEST_TIMEOUT_MS'),
      shutdownTimeoutMs: required(values, 'SHUTDOWN_TIMEOUT_MS'),
    },
    training: {
      slots: required(values, 'TRAINING_SLOTS'),
      groupRuns: required(values, 'TRAINING_GROUP'),
      yieldMs: required(values, 'TRAINING_YIELD_MS'),
      floor: required(values, 'TRAINING_FLOOR') / 100,
      threads: values.TRAINING_THREADS || Math.max(1, Math.floor(availableParallelism() / 2)),
    },
    hasDefaultTenant: required(values, 'DEFAULT_TENANT'),
  };
}

function toS3(values: SettingValues): S3Config | undefined {
  const { S3_ENDPOINT: endpoint, S3_BUCKET: bucket, S3_ACCESS_KEY: accessKey, S3_SECRET_KEY: secretKey } = values;
  if (!endpoint || !bucket || !accessKey || !secretKey) return undefined;
  return { endpoint, bucket, accessKey, secretKey, region: required(values, 'S3_REGION') };
}

function required<N extends SettingName>(values: SettingValues, name: N): NonNullable<SettingValues[N]> {
  const value = values[name];
  if (value === undefined) throw new ValidationError(`settings: ${name}: expected a default or a value, got none`);
  return value;
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (part !== null && typeof part === 'object') deepFreeze(part as object);
  return Object.freeze(value);
}
