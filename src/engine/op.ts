import { ShapeError } from '../common/errors.js';
import type { Dim } from './dim.js';
import type { OnnxAttribute } from './io/onnx-model.js';
import { type Shape, shapeToString } from './shape.js';
import type { DType, Tensor } from './tensor.js';

export interface ValueType {
  readonly dtype: DType;
  readonly shape: Shape;
}

/** One tensor of a graph: an input, a weight, a constant or an output of a node. */
export interface Value extends ValueType {
  readonly graph: GraphBuilder;
  /** Unique in its graph. */
  readonly id: number;
}

export interface Node<A = unknown> {
  readonly op: Op<A>;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attrs: A;
}

/** What ops and gradients need of a graph; `Graph` (graph.ts) is the one that implements it. */
export interface GraphBuilder {
  readonly name: string;
  input(name: string, dtype: DType, shape: Shape): Value;
  weight(name: string, tensor: Tensor): Value;
  constant(tensor: Tensor): Value;
  scalar(x: number, dtype?: DType): Value;
  output(name: string, value: Value): void;
  /** Adds a node; its op has checked dtypes and shapes. */
  apply<A>(op: Op<A>, inputs: readonly Value[], attrs: A): readonly Value[];
  producer(value: Value): Node | undefined;
  /** The nodes that `outputs` depend on, each after those it reads. */
  nodesFor(outputs: readonly Value[]): Node[];
}

/** All that is known of one operation, in one place; see ops/. */
export interface Op<A = unknown> {
  readonly name: string;
  /** Types of the outputs. Throws a ShapeError `op: operand: expected …, got …`. */
  infer(inputs: readonly ValueType[], attrs: A): ValueType[];
  /**
   * Gradients of the loss by each input, given those by each output (absent: the loss does not depend on it). May leave
   * out inputs that are not differentiable, such as indices. An op without this rule is constant almost everywhere.
   */
  gradient?(node: Node<A>, outputGrads: readonly (Value | undefined)[]): (Value | undefined)[];
  /** Adds standard ONNX nodes and returns the names of the outputs. */
  onnx(emit: OnnxEmitter, inputs: readonly string[], node: Node<A>): string[];
  /** Runs on tfjs. `int8` and `uint8` tensors are `int32` there. */
  eager(tf: Tfjs, inputs: readonly TfTensor[], node: Node<A>, env: EagerEnv): TfTensor[];
}

export type Tfjs = typeof import('@tensorflow/tfjs-core');
export type TfTensor = import('@tensorflow/tfjs-core').Tensor;

export interface EagerEnv {
  /** The value of a dimension in this run. */
  dim(d: Dim): number;
}

export interface OnnxEmitter {
  /** Adds a node and returns the names of its outputs. An empty input name leaves an optional input out. */
  node(
    opType: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
    options?: { readonly outputs?: number; readonly domain?: string },
  ): string[];
  /** An int64 initializer; of shape [values.length] unless given. */
  int64(values: readonly number[], shape?: readonly number[]): string;
  constant(t: Tensor): string;
  /** A 1-D int64 tensor of these sizes, computed at run time where they are symbolic. */
  dims(shape: Shape): string;
}

/** Adds a node of an op with one output. */
export function apply<A>(op: Op<A>, inputs: readonly [Value, ...Value[]], attrs: A): Value {
  return only(op.name, inputs[0].graph.apply(op, inputs, attrs));
}

/** A fault of an operand: `op: operand: expected …, got …`. */
export function shapeFault(op: string, operand: string, expected: string, got: string): ShapeError {
  return new ShapeError(`${op}: ${operand}: expected ${expected}, got ${got}`);
}

export function expectDType(op: string, operand: string, value: ValueType, ...allowed: readonly DType[]): void {
  if (!allowed.includes(value.dtype)) throw shapeFault(op, operand, allowed.join(' or '), value.dtype);
}

export function expectRank(op: string, operand: string, value: ValueType, least: number): void {
  if (value.shape.length >= least) return;
  throw shapeFault(op, operand, `at least ${least} axes`, shapeToString(value.shape));
}

/** The item at `i`, from the end when negative, where it is known to be there. */
export function nth<T>(items: readonly T[], i: number): T {
  const item = items.at(i);
  if (item === undefined) throw new ShapeError(`nth: expected an index below ${items.length}, got ${i}`);
  return item;
}

function only<T>(op: string, items: readonly T[]): T {
  const [item] = items;
  if (item === undefined || items.length !== 1) {
    throw new ShapeError(`${op}: expected one output, got ${items.length}`);
  }
  return item;
}
