import { ShapeError } from '../../common/errors.js';
import type { Graph, Value } from '../../engine/graph.js';
import { gather } from '../../engine/ops/gather.js';
import { unsqueeze } from '../../engine/ops/reshape.js';
import { tensor } from '../../engine/tensor.js';

/** Numbers that are no parameters, such as α/r, one for each run, by name. */
export type RunNumbers = ReadonlyMap<string, readonly number[]>;

/**
 * The parameters of one run or of several that train in one batch, as values of a graph. With several runs each has a
 * leading axis [runs, …] and `run` says whose each row is; with one nothing is gathered.
 */
export class ParameterValues {
  constructor(
    readonly graph: Graph,
    private readonly values: ReadonlyMap<string, Value>,
    private readonly numbers: RunNumbers = new Map(),
    /** int32 [batch], with several runs. */
    private readonly run?: Value,
  ) {}

  /** The parameter as it is trained: its shape, after [runs] with several. */
  get(name: string): Value {
    const value = this.values.get(name);
    if (!value) throw new ShapeError(`training: ${name}: expected a parameter of that name, got none`);
    return value;
  }

  /** A number of each run: [] or, with several that differ, [runs, 1, …] of `axes` axes. */
  number(name: string, axes: number): Value {
    const numbers = this.numbers.get(name);
    const [first] = numbers ?? [];
    if (!numbers || first === undefined) throw new ShapeError(`training: ${name}: expected a number, got none`);
    if (numbers.every((number) => number === first)) return this.graph.scalar(first);
    const shape = [numbers.length, ...Array<number>(axes - 1).fill(1)];
    return this.graph.constant(tensor('float32', shape, Float32Array.from(numbers)));
  }

  get isSingle(): boolean {
    return this.run === undefined;
  }

  /** int32 [batch]. @throws ShapeError  with one run, where nobody may ask */
  runOfRow(): Value {
    if (!this.run) throw new ShapeError('training: run of a row: expected several runs, got one');
    return this.run;
  }

  /** What each row reads of its run: [runs, …] → [batch, …]; with one run the value itself. */
  byRow(value: Value): Value {
    return this.run ? gather(value, this.run, 0) : value;
  }

  /** A vector for each row, so that it broadcasts along the sequence: [width], or [batch, 1, width]. */
  vectorByRow(value: Value): Value {
    return this.run ? unsqueeze(gather(value, this.run, 0), [1]) : value;
  }
}
