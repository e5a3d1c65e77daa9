import type { Executor } from '../../engine/executors/executor.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import { Random } from '../../common/random.js';
import { positivePairInformation } from './pair-information.js';
import { topEigenvectors } from './top-eigenvectors.js';

export interface WordVectorOptions {
  readonly vocab: number;
  readonly hidden: number;
  readonly window: number;
  /** Standard deviation of all numbers of the table. */
  readonly deviation: number;
  readonly seed: number;
}

/**
 * Word embeddings to start from: U · √|Λ| of the positive pointwise mutual information of neighbouring tokens, scaled to
 * the deviation asked for. Tokens that stand in like company start near each other, which masked-language modelling
 * otherwise takes millions of tokens to find. Those without company, such as [MASK], start at random.
 *
 * Levy, Goldberg and Dagan 2015, "Improving Distributional Similarity with Lessons Learned from Word Embeddings", §3.3.
 *
 * @returns [vocab, hidden]
 */
export async function wordVectors(
  executor: Executor,
  texts: readonly Int32Array[],
  options: WordVectorOptions,
): Promise<Tensor<'float32'>> {
  const { vocab, hidden, window, deviation, seed } = options;
  const information = tensor('float32', [vocab, vocab], positivePairInformation(texts, vocab, window));
  const { vectors, values } = await topEigenvectors(executor, information, { rank: hidden, seed });
  const table = vectors.map((x, i) => x * Math.sqrt(Math.abs(values[i % hidden]!)));
  const square = table.reduce((sum, x) => sum + x * x, 0) / table.length;
  const scale = square > 0 ? deviation / Math.sqrt(square) : 0;
  const random = Random.stream(seed, 'words');
  for (let token = 0; token < vocab; token++) {
    const row = table.subarray(token * hidden, (token + 1) * hidden);
    const isSeen = information.data.subarray(token * vocab, (token + 1) * vocab).some((x) => x > 0);
    row.set(isSeen ? row.map((x) => x * scale) : random.normals(hidden, deviation));
  }
  return tensor('float32', [vocab, hidden], table);
}
