import type { Tensor } from '../../engine/tensor.js';
import type { EncoderConfig } from '../../models/encoder-config.js';
import type { Parameter } from '../parameter.js';
import type { Trainable } from '../trainable.js';

/** Set when the model is made; nothing trains it. */
const UNTRAINED = 'pooler.';

/** All tensors of a masked-LM trained from nothing, by canonical name. Biases and norms are not decayed. */
export function wholeModel(tensors: ReadonlyMap<string, Tensor<'float32'>>, { layers }: EncoderConfig): Trainable {
  const parameters = [...tensors]
    .filter(([name]) => !name.startsWith(UNTRAINED))
    .map(([name, initial]): Parameter => {
      const decay = !name.endsWith('bias') && !name.includes('LayerNorm');
      return { name, shape: initial.shape, decay, rate: 1, layer: layerOf(name, layers), initial };
    });
  return {
    kind: 'base',
    parameters,
    numbers: new Map(),
    promptTokens: 0,
    prefixTokens: 0,
    place: (values) => ({ whole: new Map(parameters.map(({ name }) => [name, values.get(name)])) }),
    files: () => new Map(), // written with its tokenizer and config, see `writeModelDirectory`
  };
}

function layerOf(name: string, layers: number): number {
  const number = /\blayer\.(\d+)\./.exec(name)?.[1];
  if (number !== undefined) return Number(number);
  return name.startsWith('embeddings.') ? -1 : layers;
}
