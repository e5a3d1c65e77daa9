import { integerKey, patternKey, stringsKey, type Config } from './config.js';
import { matchAll, matchTable } from './pattern.js';

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
  const patterns = (typeof given === 'string' ? [given] : given).filter((pattern) => pattern !== '');
  const index = patterns.length === 0 ? firstNumbers(paths) : numbersAfter(patterns, paths);
  return (path) => wanted.includes(index.get(path) ?? -1);
}

/** The first numbered part of each path that has two parts before and one after it. */
function firstNumbers(paths: readonly string[]): Map<string, number> {
  const found = paths.map((path) => [path, /^.*?\.[^.]*\.(\d+)\./.exec(path)?.[1]] as const);
  return new Map(found.flatMap(([path, layer]) => (layer === undefined ? [] : [[path, Number(layer)]])));
}

/** The first number in each path that follows parts which a pattern matches; the first such pattern wins. */
function numbersAfter(patterns: readonly string[], paths: readonly string[]): Map<string, number> {
  const numbered = paths.flatMap((path) =>
    [...path.matchAll(/\.(\d+)(?=\.)/g)].map(({ index, 1: digits }) => ({
      path,
      stem: path.slice(0, index),
      layer: Number(digits),
    })),
  );
  const table = matchTable(
    patterns.map((pattern) => `(?:.*\\.)?(?:${pattern})`),
    numbered.map(({ stem }) => stem),
    'layers_pattern',
  );
  const found = new Map<string, number>();
  for (const row of table) {
    numbered.forEach(({ path, layer }, at) => {
      if (row[at] && !found.has(path)) found.set(path, layer);
    });
  }
  return found;
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
