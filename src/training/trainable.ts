import type { Value } from '../engine/graph.js';
import type { Tensor } from '../engine/tensor.js';
import type { AdapterParts } from './graph/module-values.js';
import type { ParameterValues } from './graph/parameter-values.js';
import type { Parameter, ParameterTensors } from './parameter.js';
import type { SquadShape } from './squad/squad-shape.js';

/** One run's adapter or base-sized version: what is trained, what it does in the graph, and its files. */
export interface Trainable {
  /** Whether the files are an adapter's or those of a whole base model. */
  readonly kind: 'adapter' | 'base';
  readonly parameters: readonly Parameter[];
  /** Tensors of the files that are used and not trained, by the names of parameters. */
  readonly frozen?: ReadonlyMap<string, Tensor<'float32'>>;
  /** Numbers of this run that `place` asks for, e.g. α/r of a module. */
  readonly numbers: ReadonlyMap<string, number>;
  /** Of experts that several tasks share. */
  readonly squad?: SquadShape;
  /** Virtual input tokens of each row. */
  readonly promptTokens: number;
  /** Key and value tokens of each row. */
  readonly prefixTokens: number;
  /** What is added to the mean loss of one run, e.g. how far a matrix is from where it belongs; not told as loss. */
  penalty?(values: ParameterValues): Value;
  /** Puts the parameters to their places, for all runs of a batch at once. */
  place(values: ParameterValues): AdapterParts;
  /** Tensors of the files that are computed from parameters, e.g. what an encoder of virtual tokens puts out. One run. */
  derived?(values: ParameterValues): ReadonlyMap<string, Value>;
  /** The files with these values, derived ones among them, by name. */
  files(values: ParameterTensors): Map<string, Uint8Array>;
  /** The layer from which on (−1: embeddings, number of layers: head) a parameter is trained at a step; all by default. */
  trainsFrom?(step: number, totalSteps: number): number;
}

/** The lowest layer that one of them belongs to: −1 for the embeddings, the number of layers for the head alone. */
export function lowestLayer(parameters: readonly Parameter[], layers: number): number {
  return parameters.reduce((lowest, { layer = -1 }) => Math.min(lowest, layer), layers);
}
