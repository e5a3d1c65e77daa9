import { ShapeError } from '../../common/errors.js';
import { type Dim, dimToString, SymbolicDim } from '../dim.js';
import type { Graph } from '../graph.js';
import type {
  ExternalRange,
  OnnxAttribute,
  OnnxDType,
  OnnxInitializer,
  OnnxModel,
  OnnxNode,
  OnnxValueInfo,
} from '../io/onnx-model.js';
import type { OnnxEmitter, Value } from '../op.js';
import type { Shape } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { type DimSource, expectNamesBound, findDimSources } from './dim-sources.js';

/** Opset 20 is the first with Gelu; every provider of onnxruntime 1.30 knows it. */
const OPSET = 20;
const IR_VERSION = 9;

/** Where a weight's bytes lie; undefined keeps them inside the model. */
export type WeightPlacement = (name: string, tensor: Tensor) => ExternalRange | undefined;

export interface LoweredGraph {
  readonly model: OnnxModel;
  /** The ONNX name of each of the graph's outputs: its own, unless an input or weight has that name. */
  readonly outputNames: ReadonlyMap<string, string>;
}

/**
 * Writes a graph as an ONNX model of standard operators. Nodes, weights and constants that no output needs are left out.
 *
 * @throws ShapeError  when a symbolic dimension does not follow from the shapes of the inputs
 */
export function lowerToOnnx(graph: Graph, place: WeightPlacement = () => undefined): LoweredGraph {
  return new Lowering(graph).lower(place);
}

class Lowering implements OnnxEmitter {
  private readonly nodes: OnnxNode[] = [];
  private readonly initializers: OnnxInitializer[] = [];
  private readonly domains = new Set<string>();
  /** ONNX name of each value, by its id. */
  private readonly names = new Map<number, string>();
  private readonly literals = new Map<string, string>();
  private readonly sizes = new Map<string, string>();
  private readonly sources: readonly DimSource[];

  constructor(private readonly graph: Graph) {
    this.sources = findDimSources(graph.inputs);
  }

  lower(place: WeightPlacement): LoweredGraph {
    const { graph } = this;
    const live = graph.nodesFor([...graph.outputs.values()]);
    const used = new Set([...live.flatMap((node) => node.inputs), ...graph.outputs.values()].map((value) => value.id));
    for (const [name, value] of graph.inputs) this.names.set(value.id, name);
    for (const [name, { value, tensor }] of graph.weights) {
      if (!used.has(value.id)) continue;
      this.names.set(value.id, name);
      this.initializers.push(initializer(name, tensor, place(name, tensor)));
    }
    for (const { value, tensor } of graph.constants.values()) {
      if (used.has(value.id)) this.names.set(value.id, this.constant(tensor));
    }
    for (const node of live) {
      const outputs = node.op.onnx(
        this,
        node.inputs.map((value) => this.nameOf(value)),
        node,
      );
      node.outputs.forEach((value, i) => this.names.set(value.id, outputs[i] ?? ''));
    }
    const outputNames = new Map([...graph.outputs].map(([name, value]) => [name, this.emitOutput(name, value)]));
    return { model: this.model(outputNames), outputNames };
  }

  node(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
    { outputs: count = 1, domain = '' }: { readonly outputs?: number; readonly domain?: string } = {},
  ): string[] {
    const id = this.nodes.length;
    const outputs = Array.from({ length: count }, (_, i) => `:${id}.${i}`);
    this.nodes.push({ name: `${opType}_${id}`, opType, domain, inputs, outputs, attributes });
    this.domains.add(domain);
    return outputs;
  }

  int64(values: readonly number[], shape: readonly number[] = [values.length]): string {
    const data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    return this.literal('int64', shape, data);
  }

  constant({ dtype, shape, data }: Tensor): string {
    return this.literal(dtype, shape, bytesOf(data));
  }

  dims(shape: Shape): string {
    const fixed = shape.filter((size) => typeof size === 'number');
    if (fixed.length === shape.length) return this.int64(fixed);
    const [first = '', ...rest] = shape.map((size) => this.size(size));
    return rest.length === 0 ? first : this.one('Concat', [first, ...rest], { axis: { int: 0 } });
  }

  /** One size as an int64 tensor [1]. */
  private size(size: Dim): string {
    if (!(size instanceof SymbolicDim)) return this.int64([size]);
    const known = this.sizes.get(size.key);
    if (known !== undefined) return known;
    expectNamesBound(this.sources, size);
    const source = this.sources.find(({ name }) => name === size.key);
    const name = source ? this.sizeOfName(source) : this.sizeOfPolynomial(size);
    this.sizes.set(size.key, name);
    return name;
  }

  private sizeOfName({ input, axis, rest, factor }: DimSource): string {
    const end = { end: { int: axis + 1 } };
    let size = this.one('Shape', [input], axis === 0 ? end : { start: { int: axis }, ...end });
    if (rest !== 0) size = this.one('Sub', [size, this.size(rest)]);
    return factor === 1 ? size : this.one('Div', [size, this.size(factor)]);
  }

  private sizeOfPolynomial({ terms }: SymbolicDim): string {
    const addends = terms.map(({ coefficient, names }) => {
      const factors = names.map((name) => this.size(new SymbolicDim([{ coefficient: 1, names: [name] }])));
      const all = coefficient === 1 && factors.length > 0 ? factors : [...factors, this.int64([coefficient])];
      return all.reduce((product, factor) => this.one('Mul', [product, factor]));
    });
    return addends.reduce((sum, addend) => this.one('Add', [sum, addend]));
  }

  private one(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, OnnxAttribute>> = {},
  ): string {
    return this.node(opType, inputs, attributes)[0] ?? '';
  }

  private literal(dtype: OnnxDType, shape: readonly number[], data: Uint8Array): string {
    const key = data.byteLength <= 64 ? `${dtype}[${shape.join()}]${data.join()}` : undefined;
    const known = key === undefined ? undefined : this.literals.get(key);
    if (known !== undefined) return known;
    const name = `:constant.${this.initializers.length}`;
    this.initializers.push({ name, dtype, shape, data });
    if (key !== undefined) this.literals.set(key, name);
    return name;
  }

  private nameOf(value: Value): string {
    const name = this.names.get(value.id);
    if (name === undefined)
      throw new ShapeError(`lowerToOnnx: expected value ${value.id} to be emitted before its use`);
    return name;
  }

  /** Gives an output its name by an Identity, which ONNX Runtime removes: a value may be an input, or two outputs. */
  private emitOutput(name: string, value: Value): string {
    const isTaken = this.graph.inputs.has(name) || this.graph.weights.has(name);
    const output = isTaken ? `${name}:out` : name;
    const inputs = [this.nameOf(value)];
    this.nodes.push({
      name: `output_${name}`,
      opType: 'Identity',
      domain: '',
      inputs,
      outputs: [output],
      attributes: {},
    });
    return output;
  }

  private model(outputNames: ReadonlyMap<string, string>): OnnxModel {
    const { graph, nodes, initializers } = this;
    const contrib = [...this.domains].filter((domain) => domain !== '').map((domain): [string, number] => [domain, 1]);
    return {
      name: graph.name,
      irVersion: IR_VERSION,
      opsets: Object.fromEntries([['', OPSET], ...contrib]),
      nodes,
      initializers,
      inputs: [...graph.inputs].map(([name, value]) => valueInfo(name, value)),
      outputs: [...graph.outputs].map(([name, value]) => valueInfo(outputNames.get(name) ?? name, value)),
    };
  }
}

function initializer(name: string, tensor: Tensor, external: ExternalRange | undefined): OnnxInitializer {
  return { name, dtype: tensor.dtype, shape: tensor.shape, data: external ?? bytesOf(tensor.data) };
}

function valueInfo(name: string, { dtype, shape }: Value): OnnxValueInfo {
  return { name, dtype, shape: shape.map((size) => (typeof size === 'number' ? size : dimToString(size))) };
}

/** A typed array's memory as bytes, without a copy. */
export function bytesOf(data: ArrayBufferView): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
