import { ShapeError } from '../common/errors.js';
import type { GraphBuilder, Node, Op, Value, ValueType } from './op.js';
import { type Shape, shapeToString } from './shape.js';
import { type DType, type Tensor, sizeOf, tensor } from './tensor.js';

export type { Value } from './op.js';

/** A value whose numbers the graph holds. */
export interface Literal {
  readonly value: Value;
  readonly tensor: Tensor;
}

/**
 * A computation written down once and compiled by an executor. Grows only; free functions in ops/ add nodes, each after
 * those it reads, so the order of creation is a topological order.
 */
export class Graph implements GraphBuilder {
  /** Fed at each run. */
  readonly inputs = new Map<string, Value>();
  /** Frozen, shared between graphs by name. */
  readonly weights = new Map<string, Literal>();
  /** Small literals, by the id of their value. */
  readonly constants = new Map<number, Literal>();
  readonly outputs = new Map<string, Value>();
  readonly nodes: Node[] = [];

  private readonly producers = new Map<number, Node>();
  private readonly scalars = new Map<string, Value>();
  private nextId = 0;

  constructor(readonly name: string) {}

  input(name: string, dtype: DType, shape: Shape): Value {
    this.expectNewName(name);
    const value = this.value({ dtype, shape });
    this.inputs.set(name, value);
    return value;
  }

  /** The weight called `name`; asking for it again with the same tensor gives the same value. */
  weight(name: string, held: Tensor): Value {
    const known = this.weights.get(name);
    if (known?.tensor === held) return known.value;
    this.expectNewName(name);
    const literal = this.literal(held);
    this.weights.set(name, literal);
    return literal.value;
  }

  constant(held: Tensor): Value {
    const literal = this.literal(held);
    this.constants.set(literal.value.id, literal);
    return literal.value;
  }

  /** A constant without axes; equal ones are one value. */
  scalar(x: number, dtype: DType = 'float32'): Value {
    const key = `${dtype}:${Object.is(x, -0) ? '-0' : String(x)}`;
    let value = this.scalars.get(key);
    if (!value) {
      value = this.constant(scalarTensor(x, dtype));
      this.scalars.set(key, value);
    }
    return value;
  }

  output(name: string, value: Value): void {
    this.expectOwn('output', value);
    if (this.outputs.has(name)) throw new ShapeError(`graph ${this.name}: output: expected a new name, got ${name}`);
    this.outputs.set(name, value);
  }

  apply<A>(op: Op<A>, inputs: readonly Value[], attrs: A): readonly Value[] {
    for (const value of inputs) this.expectOwn(op.name, value);
    const outputs = op.infer(inputs, attrs).map((type) => this.value(type));
    const node: Node<A> = { op, inputs, outputs, attrs };
    this.nodes.push(node);
    for (const value of outputs) this.producers.set(value.id, node);
    return outputs;
  }

  /** The node that makes this value; undefined for inputs, weights and constants. */
  producer(value: Value): Node | undefined {
    return this.producers.get(value.id);
  }

  /** The nodes that `outputs` (default: all of the graph's) depend on, each after those it reads; dead ones are left out. */
  nodesFor(outputs: readonly Value[] = [...this.outputs.values()]): Node[] {
    const live = new Set(outputs.map((value) => value.id));
    const kept = this.nodes.toReversed().filter((node) => {
      if (!node.outputs.some((value) => live.has(value.id))) return false;
      for (const value of node.inputs) live.add(value.id);
      return true;
    });
    return kept.reverse();
  }

  private value({ dtype, shape }: ValueType): Value {
    return { graph: this, id: this.nextId++, dtype, shape };
  }

  private literal(held: Tensor): Literal {
    if (sizeOf(held.shape) !== held.data.length) {
      const got = `${held.data.length} elements`;
      throw new ShapeError(`graph ${this.name}: tensor: expected shape ${shapeToString(held.shape)}, got ${got}`);
    }
    return { value: this.value(held), tensor: held };
  }

  private expectOwn(op: string, value: Value): void {
    if (value.graph === this) return;
    throw new ShapeError(`${op}: expected values of graph ${this.name}, got one of ${value.graph.name}`);
  }

  private expectNewName(name: string): void {
    if (!this.inputs.has(name) && !this.weights.has(name)) return;
    throw new ShapeError(`graph ${this.name}: expected a new name for an input or weight, got ${name}`);
  }
}

function scalarTensor(x: number, dtype: DType): Tensor {
  switch (dtype) {
    case 'float32':
      return tensor(dtype, [], Float32Array.of(x));
    case 'int32':
      return tensor(dtype, [], Int32Array.of(x));
    case 'int8':
      return tensor(dtype, [], Int8Array.of(x));
    default:
      return tensor(dtype, [], Uint8Array.of(x));
  }
}
