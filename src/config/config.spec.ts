import { isAbsolute } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from './config.js';
import { SETTINGS } from './settings.js';

const s3 = { S3_ENDPOINT: 'http://minio:9000', S3_BUCKET: 'b', S3_ACCESS_KEY: 'a', S3_SECRET_KEY: 's' };

describe('loadConfig', () => {
  it('has a default for everything that a laptop needs', () => {
    const config = loadConfig({});
    expect(config).toMatchObject({
      host: '127.0.0.1',
      port: 8080,
      role: 'all',
      engine: 'auto',
      precision: 'auto',
      logLevel: 'info',
    });
    expect(config).toMatchObject({ databaseUrl: undefined, redisUrl: undefined, s3: undefined });
    expect(isAbsolute(config.dataDir)).toBe(true);
    expect(config.baseModel).toMatch(/models.tessera-tiny$/);
    expect(config.threads).toBeGreaterThan(0);
    expect(config.poolBytes).toBe(256 * 2 ** 20);
  });

  it('reads what is set; an empty variable counts as unset', () => {
    const config = loadConfig({
      ...s3,
      PORT: '0',
      HOST: '',
      POOL_BYTES: '1GiB',
      HOST_CACHE_BYTES: '12345',
      DEFAULT_TENANT: 'false',
      DATABASE_URL: 'postgres://u:p@h/d',
    });
    expect(config).toMatchObject({
      port: 0,
      host: '127.0.0.1',
      poolBytes: 2 ** 30,
      hostCacheBytes: 12345,
      hasDefaultTenant: false,
    });
    expect(config.s3).toEqual({
      endpoint: 'http://minio:9000',
      bucket: 'b',
      accessKey: 'a',
      secretKey: 's',
      region: 'us-east-1',
    });
  });

  it('reports all faults at once, each with its name, rule and value', () => {
    const load = () =>
      loadConfig({ PORT: '65536', ROLE: 'boss', POOL_BYTES: '12 MB', THREADS: '-1', LOG_LEVEL: 'loud' });
    expect(load).toThrow(/5 wrong/);
    for (const fault of [
      'PORT: expected an integer from 0 to 65535, got 65536',
      'ROLE: expected one of all, api, worker, got boss',
      'POOL_BYTES: expected bytes',
      'THREADS',
      'LOG_LEVEL',
    ]) {
      expect(load).toThrow(fault);
    }
  });

  it('never shows a secret', () => {
    expect(() => loadConfig({ DATABASE_URL: 'mysql://user:hunter2@host/db', REDIS_URL: 'hunter2' })).toThrow(
      /DATABASE_URL.*\n.*REDIS_URL/,
    );
    expect(() => loadConfig({ DATABASE_URL: 'mysql://user:hunter2@host/db', REDIS_URL: 'hunter2' })).not.toThrow(
      /hunter2/,
    );
  });

  it.each(Object.keys(s3))('refuses S3 settings without %s', (name) => {
    expect(() => loadConfig({ ...s3, [name]: undefined })).toThrow(`${name}: expected a value, as`);
  });

  it.each(['1e3', '0x10', '1.5', ' 8080', '+1', '8080 '])('refuses the port %j', (PORT) => {
    expect(() => loadConfig({ PORT })).toThrow(/PORT/);
  });

  it('cannot be changed', () => {
    const config = loadConfig({});
    expect(() => Object.assign(config.limits, { inputs: 1 })).toThrow(TypeError);
    expect(() => Object.assign(config, { port: 1 })).toThrow(TypeError);
  });
});

describe('SETTINGS', () => {
  it('have defaults that keep their own rules, and a description', () => {
    for (const [name, setting] of Object.entries(SETTINGS)) {
      expect(setting.description, name).toMatch(/^[A-Z].{5,}/);
      if (setting.defaultText !== undefined) expect(setting.parse(setting.defaultText), name).toBeDefined();
    }
  });
});
