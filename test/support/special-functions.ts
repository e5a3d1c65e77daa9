/**
 * The error function in double precision: Taylor's series Σ (−1)ⁿ x²ⁿ⁺¹ / (n! (2n + 1)) · 2/√π to 4, ±1 beyond
 * (1 − erf 4 = 1.5e-8, below half a unit of float32).
 */
export function erfReference(x: number): number {
  if (Number.isNaN(x)) return x;
  if (Math.abs(x) > 4) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; n < 120; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
