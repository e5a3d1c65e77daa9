import { directorySource } from '../models/directory-source.js';
import { loadBaseModel } from '../models/load.js';
import { quantizeTrunk } from '../models/quantize.js';
import { chooseExecutor } from './choose-executor.js';
import type { EngineSettings } from './engine-settings.js';
import { ModelHost } from './model-host.js';

/**
 * Loads the base from its directory and makes the engine in this thread. One token has been through it when this returns,
 * so an engine that cannot compute fails here, and the first request does not wait for the compiler.
 */
export async function createEngineHost(settings: EngineSettings): Promise<ModelHost> {
  const executor = await chooseExecutor(settings);
  const loaded = await loadBaseModel(directorySource(settings.directory));
  const base = settings.precision === 'int8' ? quantizeTrunk(loaded) : loaded;
  const { name, maxVariants } = settings;
  const host = new ModelHost({ name, base, executor, ...(maxVariants !== undefined && { maxVariants }) });
  const task = { kind: 'embedding', pooling: 'cls' } as const;
  await host.run([{ inputIds: Int32Array.of(base.config.padTokenId), bricks: [], heads: ['base'], task }]);
  return host;
}
