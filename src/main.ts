import 'reflect-metadata';
import { loadConfig, type Config } from './config/config.js';
import { AppError } from './common/errors.js';
import { createLogger } from './http/logger.js';
import { Service } from './service.js';

/** Reads the settings, starts the service, and stops it in order when it is told to. */
async function main(): Promise<void> {
  const config = readConfig();
  if (config === undefined) return;
  const log = createLogger(config.logLevel);
  const service = new Service(config, log);
  let isStopping = false;
  const stop = (reason: string, code: number): void => {
    if (isStopping) return;
    isStopping = true;
    log.info({ reason }, 'stopping');
    void service.stop().then(() => log.flush(() => process.exit(code)));
  };
  process.on('SIGTERM', () => stop('SIGTERM', 0));
  process.on('SIGINT', () => stop('SIGINT', 0));
  process.on('unhandledRejection', (error) => log.error({ err: error }, 'unhandled rejection'));
  process.on('uncaughtException', (error) => {
    log.error({ err: error }, 'uncaught exception');
    stop('uncaught exception', 1);
  });
  try {
    await service.start({ onEngineLost: () => stop('the engine ended', 1) });
  } catch (error) {
    if (error instanceof AppError) process.stderr.write(`tessera: ${error.message}\n`);
    else log.error({ err: error }, 'failed to start');
    stop('failed to start', 1);
  }
}

function readConfig(): Config | undefined {
  try {
    return loadConfig(process.env);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    process.stderr.write(`tessera: ${error.message}\n`);
    process.exitCode = 1;
    return undefined;
  }
}

await main();
