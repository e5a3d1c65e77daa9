import { add } from '../../../engine/ops/add.js';
import { mul } from '../../../engine/ops/mul.js';
import { reduceMean } from '../../../engine/ops/reduce-mean.js';
import { unsqueeze } from '../../../engine/ops/reshape.js';
import { rsqrt } from '../../../engine/ops/rsqrt.js';
import { square } from '../../../engine/ops/square.js';
import { sub } from '../../../engine/ops/sub.js';
import type { TokenLawRule } from './token-law.js';

const EPSILON = 1e-5;

/**
 * LN(x)·v / √d, LN without gain and bias, v the member's gate, standardised already (mean 0, variance 1). As v adds up to 0,
 * that is x·v / (σ(x)·√d), so that one product serves every law.
 *
 * Muqeeth et al. 2024, "Learning to Route Among Specialized Experts for Zero-Shot Generalization", §3, arXiv:2402.05859.
 */
export const phatgoose: TokenLawRule = {
  score({ x, products }) {
    const width = x.shape.at(-1) as number;
    const centred = sub(x, reduceMean(x, { axes: [-1], keepDims: true }));
    const variance = reduceMean(square(centred), { axes: [-1], keepDims: true }); // [batch, seq, 1]
    const perToken = mul(rsqrt(add(variance, EPSILON)), 1 / Math.sqrt(width));
    return mul(products, unsqueeze(perToken, [3]));
  },
  shares: 'softmax',
};
