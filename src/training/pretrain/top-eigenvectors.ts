import type { Executor } from '../../engine/executors/executor.js';
import { Graph } from '../../engine/graph.js';
import { matmul } from '../../engine/ops/matmul.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import { Random } from '../../common/random.js';
import { inverseOfCholesky } from './cholesky.js';
import { symmetricEigen } from './symmetric-eigen.js';

/** Columns beyond those asked for, and products with the matrix, that make the result accurate. */
const SPARE_COLUMNS = 16;
const POWER_STEPS = 4;

/**
 * The `rank` eigenvectors of a large symmetric matrix whose eigenvalues are largest in size: a randomised range finder with
 * power iterations, then a small eigenproblem in that range. For a symmetric matrix this is the truncated SVD, the singular
 * values being |λ|.
 *
 * Halko, Martinsson and Tropp 2011, "Finding Structure with Randomness", Algorithms 4.4 and 5.3, arXiv:0909.4061.
 *
 * Cost: (POWER_STEPS + 2) products of [n, n] and [n, rank].
 *
 * @param matrix  [n, n], symmetric
 * @returns       vectors [n, rank], orthonormal columns, and their eigenvalues [rank]; zeros beyond n
 */
export async function topEigenvectors(
  executor: Executor,
  matrix: Tensor<'float32'>,
  { rank, seed }: { rank: number; seed: number },
): Promise<{ vectors: Float32Array; values: Float64Array }> {
  const n = matrix.shape[0] ?? 0;
  const columns = Math.min(n, rank + SPARE_COLUMNS);
  const multiply = await products(executor, n, columns);
  try {
    let range = tensor('float32', [n, columns], Random.stream(seed, 'range').normals(n * columns, 1));
    for (let step = 0; step <= POWER_STEPS; step++) {
      range = await orthonormal(await multiply.byMatrix(matrix, range));
    }
    const small = await multiply.transposed(range, await multiply.byMatrix(matrix, range));
    const { values, vectors } = symmetricEigen(Float64Array.from(small.data), columns);
    const turned = await multiply.bySmall(range, asTensor(vectors, columns));
    return {
      vectors: firstColumns(turned, rank),
      values: Float64Array.from({ length: rank }, (_, i) => values[i] ?? 0),
    };
  } finally {
    await multiply.dispose();
  }

  /** An orthonormal basis of the columns by Cholesky factors of the Gram matrix, twice for the digits the first loses; columns that depend on others become 0. */
  async function orthonormal(x: Tensor<'float32'>): Promise<Tensor<'float32'>> {
    let basis = x;
    for (let round = 0; round < 2; round++) {
      const gram = Float64Array.from((await multiply.transposed(basis, basis)).data);
      basis = await multiply.bySmall(basis, asTensor(inverseOfCholesky(gram, columns), columns));
    }
    return basis;
  }
}

async function products(executor: Executor, n: number, columns: number) {
  const compile = async (a: number[], b: number[], transposeA = false) => {
    const graph = new Graph('product');
    graph.output('y', matmul(graph.input('a', 'float32', a), graph.input('b', 'float32', b), { transposeA }));
    const program = await executor.compile(graph);
    const run = async (x: Tensor<'float32'>, y: Tensor<'float32'>) =>
      (await program.run({ a: x, b: y }))['y'] as Tensor<'float32'>;
    return { program, run };
  };
  const [wide, tall, inner] = [
    await compile([n, n], [n, columns]),
    await compile([n, columns], [columns, columns]),
    await compile([n, columns], [n, columns], true),
  ];
  return {
    byMatrix: wide.run,
    bySmall: tall.run,
    transposed: inner.run,
    dispose: async () => {
      for (const { program } of [wide, tall, inner]) await program.dispose();
    },
  };
}

function asTensor(x: Float64Array, n: number): Tensor<'float32'> {
  return tensor('float32', [n, n], Float32Array.from(x));
}

function firstColumns({ data, shape: [rows = 0, columns = 0] }: Tensor<'float32'>, count: number): Float32Array {
  const out = new Float32Array(rows * count);
  for (let row = 0; row < rows; row++)
    out.set(data.subarray(row * columns, row * columns + Math.min(columns, count)), row * count);
  return out;
}
