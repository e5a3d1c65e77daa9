import { ValidationError } from '../../common/errors.js';
import { scoresOf, topIndices } from '../../models/labels.js';
import type { Encoding } from '../../models/tokenizers/encoding.js';
import type { Tokenizer } from '../../models/tokenizers/tokenizer.js';

export interface Candidate {
  readonly token: string;
  readonly token_id: number;
  readonly score: number;
}

/** One mask of the input, where it stands in code points, and what may stand there. */
export interface FilledMask {
  readonly start: number;
  readonly end: number;
  readonly candidates: readonly Candidate[];
}

/** @throws ValidationError  for a text without a mask token, or with more than `maxMasks` */
export function maskPositions(
  encoding: Encoding,
  tokenizer: Pick<Tokenizer, 'special' | 'maskToken'>,
  index: number,
): number[] {
  const { mask } = tokenizer.special;
  const positions = Array.from(encoding.ids.keys()).filter((position) => encoding.ids[position] === mask);
  if (mask !== undefined && positions.length > 0 && positions.length <= MAX_MASKS) return positions;
  throw new ValidationError(
    `input ${index}: expected 1 to ${MAX_MASKS} mask tokens ${tokenizer.maskToken ?? ''}, got ${positions.length}`,
    { param: 'input' },
  );
}

const MAX_MASKS = 32;

/** @param logits [masks, vocab] */
export function filledMasks(
  encoding: Encoding,
  positions: readonly number[],
  logits: Float32Array,
  options: { topK: number; tokenizer: Pick<Tokenizer, 'decode'> },
): FilledMask[] {
  const vocab = logits.length / positions.length;
  return positions.map((position, mask) => {
    const scores = scoresOf(logits.subarray(mask * vocab, (mask + 1) * vocab), 'single');
    const candidates = bestOf(scores, options.topK).map((id) => {
      return { token: options.tokenizer.decode([id]).trim(), token_id: id, score: scores[id] ?? 0 };
    });
    return { start: encoding.offsets[2 * position] ?? 0, end: encoding.offsets[2 * position + 1] ?? 0, candidates };
  });
}

/** As `topIndices`, without sorting a whole vocabulary: only values at or above the k-th best are sorted. */
function bestOf(scores: Float32Array, k: number): number[] {
  const threshold = Float32Array.from(scores).sort()[Math.max(0, scores.length - k)] ?? 0;
  const near = Array.from(scores.keys()).filter((i) => (scores[i] ?? 0) >= threshold);
  return topIndices(
    Float32Array.from(near, (i) => scores[i] ?? 0),
    k,
  ).map((i) => near[i] ?? 0);
}
