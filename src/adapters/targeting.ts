import { integerKey, patternKey, stringsKey, type Config } from './config.js';
import { matchAll } from './pattern.js';

/**
 * Which of `paths` PEFT gives an adapter layer, by `target_modules`, `exclude_modules`, `modules_to_save`,
 * `layers_to_transform` and `layers_pattern`.
 *
 * A list names a module by its whole path or by its last parts; a string is a pattern for the whole path. Layers are
 * chosen by the first numbered part, and only among modules that a list names by their last parts.
 *
 * @param saved  names of modules that are saved whole, which are never adapted
 */
export function targeted(config: Config, paths: readonly string[], saved: readonly string[]): Set<string> {
  const targets = patternKey(config, 'target_modules', []);
  const found = chosen('target_modules', targets, paths);
  const excluded = chosen('exclude_modules', patternKey(config, 'exclude_modules', []), paths);
  const whole = new Set(saved.flatMap((name) => paths.filter((path) => isInside(path, name))));
  const inLayers = typeof targets === 'string' ? undefined : layerFilter(config, paths);
  return new Set(
    [...found].filter((path) => {
      if (excluded.has(path) || whole.has(path)) return false;
      return inLayers === undefined || targets.includes(path) || inLayers(path);
    }),
  );
}

function chosen(key: string, names: string | readonly string[], paths: readonly string[]): Set<string> {
  if (typeof names !== 'string') return new Set(paths.filter((path) => names.some((name) => isNamed(path, name))));
  const hits = matchAll(names, paths, key);
  return new Set(paths.filter((_path, at) => hits[at]));
}

/** `name` is the path or its last parts. */
export function isNamed(path: string, name: string): boolean {
  return path === name || path.endsWith(`.${name}`);
}

/** The module `name`, or a part of it, lies at `path`. */
function isInside(path: string, name: string): boolean {
  return `.${path}.`.includes(`.${name}.`);
}

function layerFilter(config: Config, paths: readonly string[]): ((path: string) => boolean) | undefined {
  const wanted = layers(config);
  if (wanted === undefined || wanted.length === 0) return undefined;
  const given = patternKey(config, 'layers_pattern', []);
  const patterns = typeof given === 'string' ? [given] : given;
  const stems = patterns.filter((pattern) => pattern !== '');
  const index = new Map<string, number>();
  for (const path of paths) {
    const layer = stems.length === 0 ? /^.*?\.[^.]*\.(\d+)\./.exec(path)?.[1] : numberAfter(stems, path);
    if (layer !== undefined) index.set(path, Number(layer));
  }
  return (path) => wanted.includes(index.get(path) ?? -1);
}

/** The first number that follows a part of the path which one of the patterns matches. */
function numberAfter(patterns: readonly string[], path: string): string | undefined {
  const parts = path.split('.');
  for (const pattern of patterns) {
    const stems = parts.map((_part, at) => parts.slice(0, at).join('.'));
    const hits = matchAll(`(?:.*\\.)?(?:${pattern})`, stems, 'layers_pattern');
    const at = parts.findIndex((part, position) => position > 0 && hits[position] && /^\d+$/.test(part));
    if (at > 0 && at < parts.length - 1) return parts[at];
  }
  return undefined;
}

function layers(config: Config): readonly number[] | undefined {
  const value = config.get('layers_to_transform');
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) return [integerKey(config, 'layers_to_transform', 0)];
  return (value as readonly unknown[]).map((item) => {
    return integerKey(new Map([['layers_to_transform', item as number]]), 'layers_to_transform', 0);
  });
}

/** `modules_to_save` with what PEFT adds for a task, each once. */
export function savedModules(config: Config): readonly string[] {
  const task = config.get('task_type');
  const added = task === 'SEQ_CLS' || task === 'TOKEN_CLS' ? ['classifier', 'score'] : [];
  return [...new Set([...stringsKey(config, 'modules_to_save', []), ...added])];
}

/** PEFT saves every module whose path ends with the name, `pre_classifier` for `classifier` too. */
export function isSavedWhole(parameter: string, saved: readonly string[]): boolean {
  const parts = parameter.split('.').slice(0, -1);
  return parts.some((_part, at) => {
    const module = parts.slice(0, at + 1).join('.');
    return saved.some((name) => module.endsWith(name));
  });
}
