import type { Tensor } from '../engine/tensor.js';

/** One trained tensor. In a graph of several runs it has a leading axis `runs`. */
export interface Parameter {
  /** As the file of the result names it, e.g. `base_model.model.bert.encoder.layer.0.attention.self.query.lora_A.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Weight decay applies: to all but biases and norms. */
  readonly decay: boolean;
  /** Factor on the learning rate. */
  readonly rate: number;
  /** The layer it belongs to, for layer-wise rates: −1 for the embeddings, the number of layers for the head. */
  readonly layer?: number;
  readonly initial: Tensor<'float32'>;
}

/** Values of parameters by name. */
export type ParameterTensors = ReadonlyMap<string, Tensor<'float32'>>;
