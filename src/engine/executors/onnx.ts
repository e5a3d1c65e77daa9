import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { ValidationError } from '../../common/errors.js';
import type { Graph } from '../graph.js';
import { encodeModel } from '../io/onnx-model.js';
import type { DType, Tensor, TypedArrayOf } from '../tensor.js';
import { type DimSource, findDimSources } from './dim-sources.js';
import type { CompileOptions, Executor, Program } from './executor.js';
import { checkFeeds, checkTargets, type Tensors } from './feeds.js';
import { lowerToOnnx } from './onnx-lowering.js';
import { ownFile, sha256, WeightFiles, writeOnce } from './weight-files.js';

type Ort = typeof import('onnxruntime-node');

export type OnnxProvider = 'cpu' | 'webgpu' | 'cuda';

export interface OnnxOptions {
  readonly provider: OnnxProvider;
  /** Threads inside one operator; the number of cores when absent. */
  readonly threads?: number;
  /** A folder for weights and models, made when absent. Files are named by their content and may outlive the process. */
  readonly cacheDir: string;
  /**
   * Whether a program plans one block for the intermediate results of each set of shapes that it has met (the default). A
   * program that meets many shapes keeps many blocks: for training, where that was a third more memory and no time saved.
   */
  readonly plansMemory?: boolean;
  /** When given, each program writes a trace of its operators there as it is disposed. */
  readonly profileDir?: string;
}

/**
 * Runs graphs on ONNX Runtime. `run` blocks the calling thread until the batch is done, so a server calls it from a
 * worker thread, and that thread must not be terminated inside a run: the process would abort.
 *
 * @throws ValidationError  when this installation of ONNX Runtime has no such provider
 */
export async function createOnnxExecutor(options: OnnxOptions): Promise<Executor> {
  const ort = await import('onnxruntime-node');
  const provided = ort.listSupportedBackends().map(({ name }) => name);
  if (!provided.includes(options.provider)) {
    throw unavailable(`expected one of ${provided.join(', ')}, got ${options.provider}`);
  }
  await mkdir(options.cacheDir, { recursive: true });
  await WeightFiles.sweep(options.cacheDir);
  return new OnnxExecutor(ort, options);
}

function unavailable(message: string, cause?: unknown): ValidationError {
  return new ValidationError(`ONNX Runtime: provider: ${message}`, { code: 'engine_unavailable', cause });
}

/** Open until `dispose`; holds the programs that are alive and the files of their weights. */
class OnnxExecutor implements Executor {
  readonly name: string;
  private readonly weights: WeightFiles;
  private readonly programs = new Set<OnnxProgram>();

  constructor(
    private readonly ort: Ort,
    private readonly options: OnnxOptions,
  ) {
    this.name = `onnx-${options.provider}`;
    this.weights = new WeightFiles(options.cacheDir);
  }

  async compile(graph: Graph, { ownsWeights = false, releasesMemory = false }: CompileOptions = {}): Promise<Program> {
    const { session, outputNames } = ownsWeights
      ? await this.openOwning(graph, releasesMemory)
      : await this.open(graph, {
          weights: this.weights,
          nameOf: (bytes) => `graph-${sha256(bytes)}.onnx`,
          releasesMemory,
        });
    const program = new OnnxProgram(this.ort, session, graph, {
      outputNames,
      isProfiled: this.options.profileDir !== undefined,
      onDispose: () => this.programs.delete(program),
    });
    this.programs.add(program);
    return program;
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.programs].map((program) => program.dispose()));
  }

  private async open(graph: Graph, { weights, nameOf, releasesMemory }: OpenOptions) {
    const live = new Set(graph.nodesFor([...graph.outputs.values()]).flatMap((node) => node.inputs));
    const used = [...graph.weights.values()].filter(({ value }) => live.has(value));
    await weights.add(used.map(({ tensor }) => tensor));
    const { model, outputNames } = lowerToOnnx(graph, (_, tensor) => weights.find(tensor));
    const bytes = encodeModel(model);
    const path = join(this.options.cacheDir, nameOf(bytes));
    await writeOnce(path, bytes.byteLength, [{ byteOffset: 0, bytes }]);
    return { session: await this.createSession(path, graph.name, releasesMemory), outputNames };
  }

  /** Its files are gone once the session has them in memory. */
  private async openOwning(graph: Graph, releasesMemory: boolean) {
    const { cacheDir } = this.options;
    const weights = new WeightFiles(cacheDir, this.weights);
    const name = ownFile('graph.onnx');
    try {
      return await this.open(graph, { weights, nameOf: () => name, releasesMemory });
    } finally {
      await weights.remove();
      await rm(join(cacheDir, name), { force: true });
    }
  }

  private async createSession(path: string, graphName: string, releasesMemory: boolean): Promise<InferenceSession> {
    const { provider, threads, plansMemory = true, profileDir } = this.options;
    try {
      return await this.ort.InferenceSession.create(path, {
        executionProviders: [provider],
        graphOptimizationLevel: 'all',
        executionMode: 'sequential',
        interOpNumThreads: 1,
        ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
        logSeverityLevel: 3,
        enableCpuMemArena: !releasesMemory,
        enableMemPattern: plansMemory,
        extra: {
          // A thread that waits for work sleeps: spinning on cores that others use cost six times the wall time at (1, 32).
          session: { intra_op: { allow_spinning: '0' } },
          // Its CPU kernel takes nine times as long as Add and LayerNormalization apart: a tenth of an encoder's run.
          optimization: { disable_specified_optimizers: 'SkipLayerNormFusion' },
        },
        ...(profileDir === undefined ? {} : { enableProfiling: true, profileFilePrefix: join(profileDir, graphName) }),
      });
    } catch (cause) {
      if (provider === 'cpu') throw cause;
      throw unavailable(`expected a device for ${provider}, got: ${String(cause)}`, cause);
    }
  }
}

interface OpenOptions {
  readonly weights: WeightFiles;
  readonly nameOf: (bytes: Uint8Array) => string;
  readonly releasesMemory: boolean;
}

interface ProgramParts {
  readonly outputNames: ReadonlyMap<string, string>;
  readonly isProfiled: boolean;
  readonly onDispose: () => void;
}

/** Ready until `dispose`, which waits for the runs that have begun. */
class OnnxProgram implements Program {
  private readonly sources: readonly DimSource[];
  private readonly running = new Set<Promise<unknown>>();
  private disposed: Promise<void> | undefined;

  constructor(
    private readonly ort: Ort,
    private readonly session: InferenceSession,
    private readonly graph: Graph,
    private readonly parts: ProgramParts,
  ) {
    this.sources = findDimSources(graph.inputs);
  }

  async run(feeds: Tensors, into: Tensors = {}): Promise<Record<string, Tensor>> {
    if (this.disposed) throw new Error(`run: expected a program that is not disposed, got ${this.graph.name}`);
    const dims = checkFeeds(this.graph.inputs, this.sources, feeds);
    checkTargets(this.graph.outputs, into, dims);
    const result = this.start(feeds, into);
    this.running.add(result);
    try {
      const fetched = await result;
      const outputs = [...this.parts.outputNames].map(([name, onnxName]): [string, Tensor] => [
        name,
        into[name] ?? fromOrt(name, fetched[onnxName]),
      ]);
      return Object.fromEntries(outputs);
    } finally {
      this.running.delete(result);
    }
  }

  dispose(): Promise<void> {
    this.disposed ??= this.release();
    return this.disposed;
  }

  private start(feeds: Tensors, into: Tensors): Promise<InferenceSession.OnnxValueMapType> {
    const inputs = Object.entries(feeds).map(([name, fed]): [string, OrtTensor] => [name, this.toOrt(fed)]);
    const fetches = [...this.parts.outputNames].map(([name, onnxName]): [string, OrtTensor | null] => {
      const target = into[name];
      return [onnxName, target ? this.toOrt(target) : null];
    });
    return this.session.run(Object.fromEntries(inputs), Object.fromEntries(fetches));
  }

  /** Shares the tensor's memory: ONNX Runtime reads and writes it in place. */
  private toOrt({ dtype, data, shape }: Tensor): OrtTensor {
    return new this.ort.Tensor(dtype, data, shape);
  }

  private async release(): Promise<void> {
    await Promise.allSettled(this.running);
    if (this.parts.isProfiled) this.session.endProfiling();
    await this.session.release();
    this.parts.onDispose();
  }
}

function fromOrt(name: string, value: OrtTensor | undefined): Tensor {
  if (!value) throw new Error(`run: expected ONNX Runtime to give output ${name}, got none`);
  return { dtype: value.type as DType, shape: value.dims, data: value.data as TypedArrayOf[DType] };
}
