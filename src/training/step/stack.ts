import { ValidationError } from '../../common/errors.js';
import { sizeOf, tensor, type Tensor } from '../../engine/tensor.js';
import type { DropoutShares } from '../graph/dropout.js';
import type { Objective } from '../objectives/objective.js';
import type { Parameter, ParameterTensors } from '../parameter.js';
import type { Trainable } from '../trainable.js';
import { copyBlock } from './copy-block.js';
import type { PromptHead, RunModel, StackedParameter, TaskHeads, TrainingBase } from './run-model.js';

type Floats = Tensor<'float32'>;

export interface StackOptions {
  readonly base: TrainingBase;
  readonly task: RunModel['task'];
  readonly objective: Objective;
  readonly dropout: DropoutShares;
  readonly labelCounts?: readonly number[];
  /** Factor on the rate of each layer below the top. */
  readonly layerDecay?: number;
  /** With task masked_lm and one run. */
  readonly prompt?: PromptHead | undefined;
  /** With one run. */
  readonly tasks?: TaskHeads | undefined;
}

export interface Stack {
  readonly model: RunModel;
  readonly initial: ReadonlyMap<string, Floats>;
  readonly frozen: ReadonlyMap<string, Floats>;
  /** The tensors of one run out of those of all, in their own shapes. */
  unstack(tensors: ParameterTensors, run: number): Map<string, Floats>;
  /** The reverse: tensors like the parameters, of all runs together. */
  restack(ofRuns: readonly ParameterTensors[]): Map<string, Floats>;
}

/**
 * Puts runs of one structure side by side, each parameter with a leading axis [runs]. Where shapes differ, as ranks and label
 * counts may, the smaller are padded with zeros: a zero row of A with a zero column of B has zero gradients and stays zero,
 * and a padded label is masked.
 *
 * @throws ValidationError  when the runs differ in more than sizes
 */
export function stackRuns(trainables: readonly Trainable[], options: StackOptions): Stack {
  const [first] = trainables;
  if (!first) throw new ValidationError('training: runs: expected at least one, got none');
  const names = first.parameters.map(({ name }) => name);
  for (const other of trainables) expectSame(first, other);
  const shapes = new Map(names.map((name) => [name, commonShape(trainables.map((each) => requireIn(each, name)))]));
  const { layers } = options.base.config;
  const parameters = first.parameters.map(({ name, decay, rate, layer = -1 }): StackedParameter => ({
    name,
    shape: withRuns(shapes.get(name) ?? [], trainables.length),
    decay,
    rate: rate * layerRate(layer, layers, options.layerDecay ?? 1),
    layer,
  }));
  const initial = new Map(
    parameters.map(({ name, shape }) => [
      name,
      stacked(
        trainables.map((each) => requireIn(each, name).initial),
        shape,
      ),
    ]),
  );
  const frozen = new Map(
    [...(first.frozen ?? [])].map(([name, held]): [string, Floats] => {
      const all = trainables.map((each) => each.frozen?.get(name) ?? held);
      return [name, stacked(all, withRuns(held.shape, trainables.length))];
    }),
  );
  const numbers = new Map(
    [...first.numbers.keys()].map((name) => [name, trainables.map((each) => each.numbers.get(name) ?? 0)]),
  );
  const model: RunModel = {
    base: options.base,
    task: options.task,
    objective: options.objective,
    dropout: options.dropout,
    trainable: first,
    runs: trainables.length,
    parameters,
    frozen: [...frozen].map(([name, { shape }]) => ({ name, shape })),
    numbers,
    ...(options.labelCounts && { labelCounts: options.labelCounts }),
    ...(options.prompt && { prompt: options.prompt }),
    ...(options.tasks && { tasks: options.tasks }),
  };
  return { model, initial, frozen, unstack, restack };

  function restack(ofRuns: readonly ParameterTensors[]): Map<string, Floats> {
    return new Map(
      parameters.map(({ name, shape }) => {
        const all = ofRuns.map((tensors) => {
          const held = tensors.get(name);
          if (!held) throw new ValidationError(`training: ${name}: expected a tensor of every run, got none`);
          return held;
        });
        return [name, stacked(all, shape)];
      }),
    );
  }

  function unstack(tensors: ParameterTensors, run: number): Map<string, Floats> {
    const own = trainables[run];
    if (!own) throw new ValidationError(`training: run: expected one below ${trainables.length}, got ${run}`);
    return new Map(
      own.parameters.map(({ name, shape }) => {
        const held = tensors.get(name);
        if (!held) throw new ValidationError(`training: ${name}: expected a tensor, got none`);
        return [name, trainables.length === 1 ? held : cut(held, run, shape)];
      }),
    );
  }
}

/** ξ^(top − layer), the head being the top: Howard and Ruder 2018, §3.2, arXiv:1801.06146. */
function layerRate(layer: number, layers: number, decay: number): number {
  return decay ** (layers - layer);
}

function withRuns(shape: readonly number[], runs: number): readonly number[] {
  return runs === 1 ? shape : [runs, ...shape];
}

function requireIn(trainable: Trainable, name: string): Parameter {
  const found = trainable.parameters.find((parameter) => parameter.name === name);
  if (!found) throw new ValidationError(`training: ${name}: expected this parameter in every run, got none`);
  return found;
}

function expectSame(first: Trainable, other: Trainable): void {
  const differs =
    other.parameters.length !== first.parameters.length ||
    other.promptTokens !== first.promptTokens ||
    other.prefixTokens !== first.prefixTokens ||
    other.kind !== first.kind;
  if (differs) throw new ValidationError('training: runs of one batch: expected equal methods, got different ones');
}

function commonShape(parameters: readonly Parameter[]): number[] {
  const axes = parameters[0]?.shape.length ?? 0;
  if (parameters.some(({ shape }) => shape.length !== axes)) {
    throw new ValidationError('training: runs of one batch: expected parameters of equal axes, got different ones');
  }
  return Array.from({ length: axes }, (_, axis) => Math.max(...parameters.map(({ shape }) => shape[axis] ?? 0)));
}

function stacked(tensors: readonly Floats[], shape: readonly number[]): Floats {
  const [only] = tensors;
  if (tensors.length === 1 && only) return only;
  const data = new Float32Array(sizeOf(shape));
  const inner = shape.slice(1);
  const size = sizeOf(inner);
  tensors.forEach((held, run) => {
    copyBlock(held.data, held.shape, data.subarray(run * size, (run + 1) * size), inner);
  });
  return tensor('float32', shape, data);
}

function cut(held: Floats, run: number, shape: readonly number[]): Floats {
  const inner = held.shape.slice(1);
  const size = sizeOf(inner);
  const own = new Float32Array(sizeOf(shape));
  copyBlock(held.data.subarray(run * size, (run + 1) * size), inner, own, shape);
  return tensor('float32', shape, own);
}
