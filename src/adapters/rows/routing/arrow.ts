import { abs } from '../../../engine/ops/abs.js';
import type { TokenLawRule } from './token-law.js';

/**
 * |x·v|, v the prototype of the member's own update: its right singular vector of the greatest value, whose sign is open.
 *
 * Ostapenko et al. 2024, "Towards Modular LLMs by Building and Reusing a Library of LoRAs", §4, arXiv:2405.11157.
 */
export const arrow: TokenLawRule = {
  score: ({ products }) => abs(products),
  shares: 'softmax',
};
