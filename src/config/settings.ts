import { bytes, choice, flag, integer, text, url } from './setting.js';

/** Every setting of the service, in the order of the README's table; the only place where they are declared. */
export const SETTINGS = {
  PORT: integer({ description: 'TCP port of the HTTP API; 0 takes a free one', defaultText: '8080' }, 0, 65_535),
  HOST: text({ description: 'Address to listen on; containers set 0.0.0.0', defaultText: '127.0.0.1' }),
  DATA_DIR: text({ description: 'Directory that this process alone uses', defaultText: './data' }),
  ROLE: choice(['all', 'api', 'worker'], {
    description: 'What this process does: everything, the HTTP API, or background jobs',
    defaultText: 'all',
  }),
  LOG_LEVEL: choice(['debug', 'info', 'warn', 'error', 'silent'], {
    description: 'Least severe log line that is written',
    defaultText: 'info',
  }),
  BASE_MODEL: text({
    description: 'Base model in Hugging Face layout: a directory or s3://bucket/prefix; default: the one shipped',
  }),
  ENGINE: choice(['auto', 'onnx-cpu', 'onnx-webgpu', 'onnx-cuda', 'tfjs-node-gpu', 'tfjs-node'], {
    description: 'Executor of the base model',
    defaultText: 'auto',
  }),
  PRECISION: choice(['auto', 'fp32', 'int8'], {
    description: 'Numbers of the base weights; auto is fp32, int8 runs on the CPU alone, faster and close to fp32',
    defaultText: 'auto',
  }),
  THREADS: integer({ description: 'Threads of the engine; 0: one per core', defaultText: '0' }, 0, 1024),
  POOL_BYTES: bytes({ description: 'Size of the page pools on the device', defaultText: '256MiB' }),
  MAX_MODELS: integer(
    { description: 'Own models of tenants in the engine at one time; the least recently used goes', defaultText: '4' },
    1,
    1024,
  ),
  HOST_CACHE_BYTES: bytes({ description: 'Packed bricks kept in host memory', defaultText: '512MiB' }),
  DISK_CACHE_BYTES: bytes({ description: 'Packed bricks kept on local disk', defaultText: '4GiB' }),
  DATABASE_URL: url(['postgres', 'postgresql'], {
    description: 'PostgreSQL 16 or later, as a role that owns the database and is not superuser; default: embedded',
    isSecret: true,
  }),
  REDIS_URL: url(['redis', 'rediss'], {
    description: 'Redis for the job queues; default: queues live in PostgreSQL',
    isSecret: true,
  }),
  S3_ENDPOINT: url(['http', 'https'], { description: 'S3 server; default: files under DATA_DIR' }),
  S3_BUCKET: text({ description: 'Bucket, created when absent' }),
  S3_ACCESS_KEY: text({ description: 'S3 access key', isSecret: true }),
  S3_SECRET_KEY: text({ description: 'S3 secret key', isSecret: true }),
  S3_REGION: text({ description: 'S3 region', defaultText: 'us-east-1' }),
  MAX_UPLOAD_BYTES: bytes({ description: 'Largest adapter, all its files together', defaultText: '1GiB' }),
  MAX_FILE_BYTES: bytes({ description: 'Largest file of training data', defaultText: '512MiB' }),
  MAX_BODY_BYTES: bytes({ description: 'Largest JSON request body', defaultText: '4MiB' }, 1024),
  MAX_INPUTS: integer({ description: 'Most texts in one request', defaultText: '256' }, 1, 100_000),
  MAX_BATCH_TOKENS: integer({ description: 'Tokens of one batch, padding included', defaultText: '4096' }, 1),
  MAX_BATCH_ROWS: integer({ description: 'Rows of one batch', defaultText: '64' }, 1, 4096),
  QUEUE_LIMIT: integer({ description: 'Rows that may wait; more are answered 503', defaultText: '2048' }, 1),
  REQUEST_TIMEOUT_MS: integer({ description: 'Longest wait for an answer', defaultText: '30000' }, 1),
  SHUTDOWN_TIMEOUT_MS: integer(
    { description: 'Longest wait for accepted requests when stopping', defaultText: '25000' },
    0,
  ),
  TRAINING_SLOTS: integer({ description: 'Fine-tuning jobs that run here at the same time', defaultText: '1' }, 1, 64),
  TRAINING_THREADS: integer(
    { description: 'Threads of each run; 0: half of the cores, at least one', defaultText: '0' },
    0,
    1024,
  ),
  TRAINING_GROUP: integer(
    { description: 'Most fine-tuning jobs that train in one batch; 1: each by itself', defaultText: '8' },
    1,
    64,
  ),
  TRAINING_YIELD_MS: integer(
    {
      description: 'Steps of training wait while 5 % of answers take longer than this here; 0: they never wait',
      defaultText: '200',
    },
    0,
  ),
  TRAINING_FLOOR: integer(
    { description: 'Per cent of the time that training gets while its steps wait', defaultText: '10' },
    1,
    100,
  ),
  DEFAULT_TENANT: flag({
    description: 'Make tenant `default` with the example adapters at the first boot',
    defaultText: 'true',
  }),
} as const;

export type SettingName = keyof typeof SETTINGS;
type ValueOf<S> = S extends { parse(text: string): infer T } ? Exclude<T, undefined> : never;

/** Values by name; those without a default may be absent. */
export type SettingValues = {
  readonly [N in SettingName]: ValueOf<(typeof SETTINGS)[N]> | undefined;
};
