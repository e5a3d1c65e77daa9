import type { Random } from '../../common/random.js';

export interface MaskOptions {
  readonly share: number;
  readonly maskId: number;
  readonly vocab: number;
}

export interface MaskedTokens {
  readonly inputIds: Int32Array;
  /** Ascending. */
  readonly positions: readonly number[];
  /** The tokens that stood there. */
  readonly targets: readonly number[];
}

/**
 * Chooses max(1, round(share · n)) of a row's n tokens to be guessed; of these 80 % are replaced by the mask token, 10 % by
 * a token drawn from the vocabulary, 10 % are left.
 *
 * Devlin et al. 2019, "BERT", §3.1, arXiv:1810.04805.
 *
 * @param maskable  positions of tokens that come from the text; none gives nothing to guess
 */
export function maskTokens(
  inputIds: Int32Array,
  maskable: Int32Array,
  { share, maskId, vocab }: MaskOptions,
  random: Random,
): MaskedTokens {
  const count = Math.min(maskable.length, Math.max(1, Math.round(share * maskable.length)));
  const chosen = random
    .permutation(maskable.length)
    .slice(0, count)
    .map((at) => maskable[at] ?? 0)
    .sort((a, b) => a - b);
  const shown = Int32Array.from(inputIds);
  for (const at of chosen) {
    const draw = random.uniform();
    if (draw < 0.8) shown[at] = maskId;
    else if (draw < 0.9) shown[at] = random.below(vocab);
  }
  return { inputIds: shown, positions: chosen, targets: chosen.map((at) => inputIds[at] ?? 0) };
}
