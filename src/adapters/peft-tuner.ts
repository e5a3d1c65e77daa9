import { IncompatibleAdapterError } from '../common/errors.js';
import type { BrickBuilder } from './brick-builder.js';
import type { Config } from './config.js';
import type { KeyRules } from './key-rules.js';
import type { AdapterMethod, AdapterSource, Checkpoint } from './methods/method.js';
import { Patterns } from './patterns.js';
import {
  namesTargets,
  PEFT_KEYS,
  PEFT_WEIGHTS,
  peftFiles,
  PROMPT_PREFIX,
  refuseUnknown,
  savedModulesOf,
  SavedParameters,
  TUNER_PREFIX,
  unwrapAll,
} from './peft-format.js';
import type { Place } from './places.js';
import { statedTask } from './task.js';
import { checkTargets, requireSavedHead } from './peft-targets.js';
import type { ModuleUpdate } from './update.js';
import { listed, type FloatTensor, type Weights } from './weights.js';

/** Tensors of one adapted module by our field names. */
export type LayerTensors<P extends string> = Readonly<Partial<Record<P, FloatTensor>>>;

/** A PEFT adapter of a method that puts layers around modules. */
export interface TunerCheckpoint<P extends string> extends Checkpoint {
  /** By path in the task model, e.g. `bert.encoder.layer.0.attention.self.query`. */
  readonly layers: ReadonlyMap<string, LayerTensors<P>>;
  /** Tensors that all layers share, by name. */
  readonly shared: Weights;
  /** Whole parameters: heads and trained biases, by path in the task model. */
  readonly saved: Weights;
}

/** One adapted module on a base, as a method sees it. */
export interface TunerLayer<P extends string> {
  readonly path: string;
  readonly kind: Place['kind'];
  readonly in: number;
  readonly out: number;
  readonly config: Config;
  readonly patterns: Patterns;
  readonly shared: Weights;
  find(field: P): FloatTensor | undefined;
  /** @throws IncompatibleAdapterError  when the file lacks it */
  require(field: P): FloatTensor;
  /** The frozen weight [out, in]. */
  weight(): Float32Array;
}

/** What tells one tuner method from another. */
export interface TunerSpec<P extends string> {
  readonly name: string;
  readonly type: string;
  readonly keys: KeyRules;
  /** Field → end of the tensor's name after the module path. */
  readonly params: Readonly<Record<P, string>>;
  /** Names of tensors beside the task model, e.g. `vera_A`. */
  readonly shared?: readonly string[];
  /** Kinds of modules that the method may wrap. */
  readonly kinds: readonly Place['kind'][];
  /** Checks that need no base. */
  check?(checkpoint: TunerCheckpoint<P>): void;
  /** Ranks in use. */
  ranks(checkpoint: TunerCheckpoint<P>): readonly number[];
  update(layer: TunerLayer<P>): ModuleUpdate;
}

/** A PEFT method out of its description: files ⇄ checkpoint, checkpoint → brick. */
export function tuner<P extends string>(spec: TunerSpec<P>): AdapterMethod<TunerCheckpoint<P>> {
  return {
    name: spec.name,
    format: 'peft',
    type: spec.type,
    keys: { ...PEFT_KEYS, ...spec.keys },
    read(source) {
      const checkpoint = readTuner(spec, source);
      spec.check?.(checkpoint);
      return checkpoint;
    },
    write: (checkpoint) => peftFiles(checkpoint.config, tunerWeights(spec, checkpoint)),
    statedTask: ({ config }) => statedTask(config),
    savedPaths: ({ saved, layers }) => [...saved.keys(), ...[...layers.keys()].map((path) => `${path}.weight`)],
    ranks: (checkpoint) => [...new Set(spec.ranks(checkpoint))].sort((a, b) => a - b),
    place: (checkpoint, builder) => placeTuner(spec, checkpoint, builder),
  };
}

function readTuner<P extends string>(spec: TunerSpec<P>, { config, weights }: AdapterSource): TunerCheckpoint<P> {
  const layers = new Map<string, Partial<Record<P, FloatTensor>>>();
  const shared = new Map<string, FloatTensor>();
  const others: [string, FloatTensor][] = [];
  for (const [name, value] of unwrapAll(weights)) {
    const common = spec.shared?.find((tensor) => name === PROMPT_PREFIX + tensor);
    const part = splitName(spec, name);
    if (common) shared.set(common, value);
    else if (part) layers.set(part.path, { ...layers.get(part.path), [part.field]: value });
    else others.push([name, value]);
  }
  const parameters = new SavedParameters(config, (module) => layers.has(module));
  const unknown = others.filter(
    ([name, value]) => !name.startsWith(TUNER_PREFIX) || !parameters.take(name.slice(TUNER_PREFIX.length), value),
  );
  refuseUnknown(
    PEFT_WEIGHTS,
    unknown.map(([name]) => name),
  );
  if (layers.size === 0) {
    throw new IncompatibleAdapterError(
      `${PEFT_WEIGHTS}: must hold tensors of ${spec.name}, got ${listed([...weights.keys()]) || 'none'}`,
    );
  }
  return { config, layers, shared, saved: parameters.finish() };
}

function splitName<P extends string>(spec: TunerSpec<P>, name: string): { path: string; field: P } | undefined {
  if (!name.startsWith(TUNER_PREFIX)) return undefined;
  const field = (Object.keys(spec.params) as P[]).find((key) => name.endsWith(`.${spec.params[key]}`));
  if (field === undefined) return undefined;
  return { path: name.slice(TUNER_PREFIX.length, -spec.params[field].length - 1), field };
}

function tunerWeights<P extends string>(spec: TunerSpec<P>, { layers, shared, saved }: TunerCheckpoint<P>): Weights {
  const weights = new Map<string, FloatTensor>();
  for (const [name, value] of shared) weights.set(PROMPT_PREFIX + name, value);
  for (const [path, tensors] of layers) {
    for (const field of Object.keys(spec.params) as P[]) {
      const value = tensors[field];
      if (value) weights.set(`${TUNER_PREFIX}${path}.${spec.params[field]}`, value);
    }
  }
  for (const [path, value] of saved) {
    const at = path.lastIndexOf('.');
    // The module is inside its adapter layer, so PEFT finds its own parameters one level down.
    const inner = layers.has(path.slice(0, at)) ? '.base_layer' : '';
    weights.set(`${TUNER_PREFIX}${path.slice(0, at)}${inner}${path.slice(at)}`, value);
  }
  return weights;
}

function placeTuner<P extends string>(spec: TunerSpec<P>, checkpoint: TunerCheckpoint<P>, builder: BrickBuilder): void {
  const { config, layers, shared, saved } = checkpoint;
  const paths = [...layers.keys()];
  // First of all the names: an adapter for another model is best told by them.
  for (const path of [...paths, ...savedModulesOf(saved)]) builder.requirePlace(path);
  if (namesTargets(config)) checkTargets(config, paths, spec.kinds, builder.places);
  requireSavedHead(config, saved, builder);
  for (const [path, value] of saved) builder.save(path, value);
  const patterns = new Patterns(config, paths);
  for (const [path, tensors] of layers) {
    const place = builder.requirePlace(path);
    if (!spec.kinds.includes(place.kind)) {
      const rule = `${path}: ${spec.name} must be on a ${spec.kinds.join(' or ')}, got ${place.kind}`;
      throw new IncompatibleAdapterError(rule, { param: path });
    }
    const widths =
      place.kind === 'norm' ? { in: place.norm.width, out: place.norm.width } : builder.widths(path, place);
    const layer: TunerLayer<P> = {
      path,
      kind: place.kind,
      in: widths.in,
      out: widths.out,
      config,
      patterns,
      shared,
      find: (field) => tensors[field],
      require(field) {
        const found = tensors[field];
        if (found) return found;
        throw new IncompatibleAdapterError(`${path}.${spec.params[field]}: must be in the file, got nothing`, {
          param: path,
        });
      },
      weight: () => builder.weight(path, place),
    };
    builder.update(path, place, spec.update(layer));
  }
}
