import type { GateVectors } from './gate-vectors.js';

const EPSILON = 1e-5;

/**
 * The gate vectors of PHATGOOSE as routes read them: each layer's v with mean 0 and variance 1, (v − mean) / √(var + 1e-5).
 * A member's gate was trained alone, so without it the longest vector would win everywhere.
 *
 * Muqeeth et al. 2024, "Learning to Route Among Specialized Experts for Zero-Shot Generalization", §3.2, arXiv:2402.05859.
 *
 * @param trained  [layers, width] for each place, as a gate σ(v · x) has learned them
 * @param layers   of the base
 */
export function phatgooseGates(trained: GateVectors, layers: number): GateVectors {
  return Object.fromEntries(Object.entries(trained).map(([place, vectors]) => [place, standardised(vectors, layers)]));
}

function standardised(vectors: Float32Array, layers: number): Float32Array {
  const width = vectors.length / layers;
  const out = new Float32Array(vectors.length);
  for (let from = 0; from < vectors.length; from += width) {
    const own = vectors.subarray(from, from + width);
    const mean = own.reduce((sum, value) => sum + value, 0) / width;
    const variance = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    own.forEach((value, at) => (out[from + at] = (value - mean) / Math.sqrt(variance + EPSILON)));
  }
  return out;
}
