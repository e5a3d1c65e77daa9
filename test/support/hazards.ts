/** Values that break careless kernels, without the infinities, for functions that multiply ∞ by 0 by definition. */
export const FINITE: readonly number[] = [0, 1, -1, 1e-30, -1e-30, 5, -5, 50, -50, 1e10, NaN];
