import { ValidationError } from '../../common/errors.js';
import { type Dim, evaluateDim } from '../dim.js';
import type { Graph } from '../graph.js';
import type { Node, TfTensor, Tfjs, Value } from '../op.js';
import type { DType, Tensor } from '../tensor.js';
import { type DimSource, expectNamesBound, findDimSources } from './dim-sources.js';
import type { CompileOptions, Executor, Program } from './executor.js';
import { checkFeeds, checkTargets, type Tensors } from './feeds.js';

export type TfjsBackend = 'cpu' | 'node' | 'node-gpu';

/** The packages of each backend, the one with tfjs's functions last, and the name under which it registers. */
const BACKENDS: Readonly<Record<TfjsBackend, { readonly packages: readonly string[]; readonly registered: string }>> = {
  cpu: { packages: ['@tensorflow/tfjs-backend-cpu', '@tensorflow/tfjs-core'], registered: 'cpu' },
  node: { packages: ['@tensorflow/tfjs-node'], registered: 'tensorflow' },
  'node-gpu': { packages: ['@tensorflow/tfjs-node-gpu'], registered: 'tensorflow' },
};

/**
 * Interprets graphs node by node on tfjs, which on a CUDA device keeps every tensor there. The packages are looked up
 * at run time, since nothing else of the service needs them.
 *
 * @throws ValidationError  when a package is not installed or its native library does not load
 */
export async function createTfjsExecutor({ backend }: { readonly backend: TfjsBackend }): Promise<Executor> {
  const { packages, registered } = BACKENDS[backend];
  let tf: Tfjs | undefined;
  for (const name of packages) tf = await importPackage(name);
  if (!tf || !(await tf.setBackend(registered))) {
    throw unavailable(`expected ${packages.join(' and ')} to offer ${registered}, got ${tf?.getBackend() ?? 'none'}`);
  }
  return new TfjsExecutor(`tfjs-${backend}`, registered, tf);
}

async function importPackage(name: string): Promise<Tfjs> {
  try {
    const loaded = (await import(name)) as Tfjs & { readonly default?: Tfjs };
    return loaded.default ?? loaded;
  } catch (cause) {
    throw unavailable(`expected the package ${name} to be installed and to load, got: ${String(cause)}`, cause);
  }
}

function unavailable(message: string, cause?: unknown): ValidationError {
  return new ValidationError(`tfjs: ${message}`, { code: 'engine_unavailable', cause });
}

/** Open until `dispose`; holds the programs that are alive and each weight once. */
class TfjsExecutor implements Executor {
  private readonly weights = new Map<Tensor, TfTensor>();
  private readonly programs = new Set<TfjsProgram>();

  constructor(
    readonly name: string,
    private readonly backend: string,
    private readonly tf: Tfjs,
  ) {}

  compile(graph: Graph, { ownsWeights = false }: CompileOptions = {}): Promise<Program> {
    const literals = new Map<number, TfTensor>();
    const own = [...graph.constants.values()].map(({ value, tensor }) => {
      const uploaded = upload(this.tf, tensor);
      literals.set(value.id, uploaded);
      return uploaded;
    });
    for (const { value, tensor } of graph.weights.values()) {
      const held = this.weights.get(tensor);
      const uploaded = held ?? upload(this.tf, tensor);
      if (held === undefined && ownsWeights) own.push(uploaded);
      else this.weights.set(tensor, uploaded);
      literals.set(value.id, uploaded);
    }
    const program = new TfjsProgram(this.tf, this.backend, graph, literals, () => {
      for (const held of own) held.dispose();
      this.programs.delete(program);
    });
    this.programs.add(program);
    return Promise.resolve(program);
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.programs].map((program) => program.dispose()));
    for (const weight of this.weights.values()) weight.dispose();
    this.weights.clear();
  }
}

/** Ready until `dispose`. Every tensor of a run is freed right after its last use. */
class TfjsProgram implements Program {
  private readonly sources: readonly DimSource[];
  private readonly nodes: readonly Node[];
  private readonly uses: ReadonlyMap<number, number>;
  private isDisposed = false;

  constructor(
    private readonly tf: Tfjs,
    private readonly backend: string,
    private readonly graph: Graph,
    private readonly literals: ReadonlyMap<number, TfTensor>,
    private readonly onDispose: () => void,
  ) {
    this.sources = findDimSources(graph.inputs);
    const outputs = [...graph.outputs.values()];
    this.nodes = graph.nodesFor(outputs);
    this.uses = countUses(this.nodes, outputs);
    for (const { shape } of this.nodes.flatMap((node) => node.outputs)) {
      for (const size of shape) expectNamesBound(this.sources, size);
    }
  }

  async run(feeds: Tensors, into: Tensors = {}): Promise<Record<string, Tensor>> {
    if (this.isDisposed) throw new Error(`run: expected a program that is not disposed, got ${this.graph.name}`);
    const { tf, graph } = this;
    const dims = checkFeeds(graph.inputs, this.sources, feeds);
    checkTargets(graph.outputs, into, dims);
    if (tf.getBackend() !== this.backend) await tf.setBackend(this.backend);
    const fetched = this.interpret(feeds, (size) => evaluateDim(size, dims));
    try {
      const outputs: Record<string, Tensor> = {};
      for (const [name, value] of graph.outputs) {
        outputs[name] = await download(fetched.get(value.id), value, into[name]);
      }
      return outputs;
    } finally {
      for (const tensor of fetched.values()) tensor.dispose();
    }
  }

  dispose(): Promise<void> {
    if (!this.isDisposed) this.onDispose();
    this.isDisposed = true;
    return Promise.resolve();
  }

  /** Runs all nodes; what is left alive afterwards, the outputs by value id, is the caller's to free. */
  private interpret(feeds: Tensors, dim: (size: Dim) => number): Map<number, TfTensor> {
    const { tf, graph, literals } = this;
    const alive = new Map<number, TfTensor>();
    const uses = new Map(this.uses);
    const find = (value: Value): TfTensor => {
      const found = literals.get(value.id) ?? alive.get(value.id);
      if (!found) throw new Error(`run: expected value ${value.id} of ${graph.name} to be alive`);
      return found;
    };
    const release = (value: Value): void => {
      const left = (uses.get(value.id) ?? 0) - 1;
      uses.set(value.id, left);
      if (left > 0) return;
      alive.get(value.id)?.dispose();
      alive.delete(value.id);
    };
    try {
      for (const [name, value] of graph.inputs) {
        const fed = feeds[name];
        if (fed && uses.has(value.id)) alive.set(value.id, upload(tf, fed));
      }
      for (const node of this.nodes) {
        const inputs = node.inputs.map(find);
        const made = tf.tidy(() =>
          // an op may give back an input; each value is freed on its own, so it needs a handle of its own
          node.op.eager(tf, inputs, node, { dim }).map((out) => (inputs.includes(out) ? out.clone() : out)),
        );
        node.outputs.forEach((value, i) => {
          const out = made[i];
          if (out && uses.has(value.id)) alive.set(value.id, out);
          else out?.dispose();
        });
        node.inputs.forEach(release);
      }
      for (const value of graph.outputs.values()) {
        if (literals.has(value.id)) alive.set(value.id, find(value).clone());
      }
      return alive;
    } catch (error) {
      for (const tensor of alive.values()) tensor.dispose();
      throw error;
    }
  }
}

/** How often each value is read; being an output is one more, never matched, read. */
function countUses(nodes: readonly Node[], outputs: readonly Value[]): Map<number, number> {
  const uses = new Map<number, number>();
  for (const { id } of [...nodes.flatMap((node) => node.inputs), ...outputs]) uses.set(id, (uses.get(id) ?? 0) + 1);
  return uses;
}

/** tfjs has no 8-bit tensors: they are int32 there. */
function upload(tf: Tfjs, { dtype, shape, data }: Tensor): TfTensor {
  if (dtype === 'int8' || dtype === 'uint8') return tf.tensor(Int32Array.from(data), [...shape], 'int32');
  return tf.tensor(data, [...shape], dtype);
}

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array, int8: Int8Array, uint8: Uint8Array };

/** A copy: on the CPU backend the downloaded array may be a fed one. */
async function download(held: TfTensor | undefined, { dtype }: Value, target?: Tensor): Promise<Tensor> {
  if (!held) throw new Error('run: expected every output to be alive');
  const data = await held.data();
  const result = target ?? emptyTensor(dtype, held.shape, data.length);
  result.data.set(data);
  return result;
}

function emptyTensor(dtype: DType, shape: readonly number[], length: number): Tensor {
  return { dtype, shape: [...shape], data: new ARRAYS[dtype](length) };
}
