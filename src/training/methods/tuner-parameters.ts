import { IncompatibleAdapterError } from '../../common/errors.js';
import { Places, type Place } from '../../adapters/places.js';
import type { TunerCheckpoint } from '../../adapters/peft-tuner.js';
import { TUNER_PREFIX } from '../../adapters/peft-format.js';
import type { Weights } from '../../adapters/weights.js';
import type { ParameterValues } from '../graph/parameter-values.js';
import type { Value } from '../../engine/graph.js';
import type { Parameter } from '../parameter.js';
import type { TrainingBase } from '../step/run-model.js';

/** The layer of a place: −1 for embeddings, the number of layers for the head. */
export function layerOf(place: Place, layers: number): number {
  if (place.kind === 'site') return place.site.layer;
  if (place.kind === 'norm') return place.norm.layer;
  return place.kind === 'head' ? layers : -1;
}

/** True for what weight decay leaves out: biases, and gain and bias of norms (Hugging Face's `get_decay_parameter_names`). */
export function isDecayed(name: string): boolean {
  return !/(^|[._])bias$/.test(name) && !/(LayerNorm|layer_norm|norm)\.(weight|bias)$/.test(name);
}

/** A whole tensor of a file and the canonical name of the base's tensor that it replaces. */
export interface WholeParameter {
  readonly name: string;
  readonly canonical: string;
}

/** Where the tensors of a PEFT tuner adapter belong. */
export class TunerParameters {
  readonly places: Places;

  constructor(
    private readonly base: TrainingBase,
    private readonly checkpoint: Pick<TunerCheckpoint<string>, 'layers' | 'saved'>,
    private readonly tensors: Weights,
  ) {
    this.places = new Places(base);
  }

  /** The canonical name of a linear layer or table. @throws IncompatibleAdapterError  for a norm or an unknown module */
  requireModule(path: string): string {
    const place = this.places.find(path);
    if (place && place.kind !== 'norm') return this.places.canonical(path);
    const got = place?.kind ?? 'an unknown module';
    throw new IncompatibleAdapterError(`${path}: must be a linear layer or an embedding table, got ${got}`, {
      param: path,
    });
  }

  /** Tensors saved whole: heads and biases. */
  whole(): WholeParameter[] {
    return [...this.checkpoint.saved.keys()].map((path) => {
      const at = path.lastIndexOf('.');
      const inner = this.checkpoint.layers.has(path.slice(0, at)) ? '.base_layer' : '';
      const name = `${TUNER_PREFIX}${path.slice(0, at)}${inner}${path.slice(at)}`;
      return { name, canonical: this.places.canonical(path) };
    });
  }

  /** The parameter of a tensor of the file. */
  parameter(name: string, path: string, rate = 1): Parameter {
    const initial = this.tensors.get(name);
    if (!initial) throw new IncompatibleAdapterError(`${name}: must be in the file, got nothing`, { param: name });
    const place = this.places.find(path) ?? this.places.find(path.slice(0, path.lastIndexOf('.')));
    const layer = place ? layerOf(place, this.base.config.layers) : this.base.config.layers;
    return { name, shape: initial.shape, decay: isDecayed(name), rate, layer, initial };
  }
}

/** Whole tensors as values, by canonical name. */
export function wholeValues(values: ParameterValues, whole: readonly WholeParameter[]): Map<string, Value> {
  return new Map(whole.map(({ name, canonical }) => [canonical, values.get(name)]));
}
