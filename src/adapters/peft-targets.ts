import { IncompatibleAdapterError } from '../common/errors.js';
import type { BrickBuilder } from './brick-builder.js';
import type { Config } from './config.js';
import type { Place, Places } from './places.js';
import { isSavedWhole, savedModules, targeted } from './targeting.js';
import { listed, type Weights } from './weights.js';

/**
 * The adapted modules of the file must be those that the configuration asks for. PEFT drops tensors of other modules and
 * leaves modules without tensors as they are, so either way it would answer something else than the file suggests.
 *
 * @throws IncompatibleAdapterError  listing what is too much or missing
 */
export function checkTargets(
  config: Config,
  paths: readonly string[],
  kinds: readonly Place['kind'][],
  places: Places,
): void {
  const bare = !paths.some((path) => path.startsWith(places.family.prefix));
  // Heads differ between task models, so only the trunk's modules are expected to be there.
  const trunk = kinds.filter((kind) => kind !== 'head').flatMap((kind) => places.paths(kind, bare));
  const asked = targeted(config, [...new Set([...trunk, ...paths])], savedModules(config));
  const extra = paths.filter((path) => !asked.has(path));
  const lacking = trunk.filter((path) => asked.has(path) && !paths.includes(path));
  const fail = (rule: string, names: readonly string[]): never => {
    throw new IncompatibleAdapterError(`target_modules: ${rule}, got ${listed(names)}`, { param: 'target_modules' });
  };
  if (extra.length > 0)
    fail(
      'must name every module that the file adapts',
      extra.map((path) => `${path} besides`),
    );
  if (lacking.length > 0)
    fail(
      'each named module must have its tensors in the file',
      lacking.map((path) => `none for ${path}`),
    );
}

/** @throws IncompatibleAdapterError  when `modules_to_save` promises a part of the head that the file lacks */
export function requireSavedHead(config: Config, saved: Weights, { places, head }: BrickBuilder): void {
  const names = savedModules(config);
  const canonical = new Set([...saved.keys()].map((path) => places.canonical(path)));
  const lacking = [...head.parameters()].filter((parameter) => {
    return isSavedWhole(parameter, names) && !canonical.has(parameter);
  });
  if (lacking.length === 0) return;
  const rule = 'the file must hold what modules_to_save names';
  throw new IncompatibleAdapterError(`modules_to_save: ${rule}, got nothing for ${listed(lacking)}`, {
    param: 'modules_to_save',
  });
}
