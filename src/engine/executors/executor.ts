import type { Graph } from '../graph.js';
import type { Tensor } from '../tensor.js';

/**
 * A compiled graph. Ready until `dispose`, after which `run` fails. Runs may be asked for at the same time; they are done
 * one after the other. Weights belong to the executor and outlive the program, but for those that it was told to own.
 */
export interface Program {
  /**
   * Runs the graph once and returns every output by name, each with memory of its own.
   *
   * @param feeds  one tensor for each graph input; its shape must match the declared one, and equal symbols equal sizes
   * @param into   outputs allocated by the caller: those named here are written in place and returned as they are
   * @throws ShapeError  when a feed is missing, unknown, of another dtype, or does not match the declared shape
   */
  run(
    feeds: Readonly<Record<string, Tensor>>,
    into?: Readonly<Record<string, Tensor>>,
  ): Promise<Record<string, Tensor>>;
  dispose(): Promise<void>;
}

export interface CompileOptions {
  /** Weights that the executor does not hold yet are the program's own and leave with it, in memory and on the disk. */
  readonly ownsWeights?: boolean;
  /**
   * What a run takes for intermediate results is given back at its end, at the price of asking for it again: for many
   * programs that run one after the other, which together would keep as much as one that holds all at once.
   */
  readonly releasesMemory?: boolean;
}

/** Turns graphs into programs. Weights of equal name and content are held once, however many graphs use them. */
export interface Executor {
  /** Provider or backend, for logs and metrics, e.g. `onnx-cpu`. */
  readonly name: string;
  compile(graph: Graph, options?: CompileOptions): Promise<Program>;
  /** Frees the weights; programs still alive are disposed too. */
  dispose(): Promise<void>;
}
