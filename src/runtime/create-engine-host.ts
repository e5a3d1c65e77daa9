import { directorySource } from '../models/directory-source.js';
import { loadBaseModel } from '../models/load.js';
import { chooseExecutor } from './choose-executor.js';
import { EngineHost } from './engine-host.js';
import type { EngineSettings } from './engine-settings.js';

/** Loads the base from its directory and makes the engine in this thread. */
export async function createEngineHost(settings: EngineSettings): Promise<EngineHost> {
  const base = await loadBaseModel(directorySource(settings.directory));
  const executor = await chooseExecutor(settings);
  const { name, maxVariants } = settings;
  return new EngineHost({ name, base, executor, ...(maxVariants !== undefined && { maxVariants }) });
}
