import { describe, expect, it } from 'vitest';
import { Random } from '../../common/random.js';
import { solvePositive } from './cholesky.js';
import { RidgeStatistics } from './ridge.js';

const random = Random.stream(3, 'ridge');
const [width, classes, rows] = [5, 3, 40];
const examples = Array.from({ length: rows }, (_, row) => ({ x: random.normals(width, 1), label: row % classes }));

function solved(order: readonly (typeof examples)[number][], lambda = 0.5) {
  const statistics = new RidgeStatistics(width, classes);
  for (const { x, label } of order) statistics.add(x, label);
  return statistics.solve(lambda);
}

/** Σ ‖W·x + b − y‖² + λ‖W‖² */
function cost({ weight, bias }: ReturnType<typeof solved>, lambda: number): number {
  const errors = examples.flatMap(({ x, label }) =>
    Array.from(
      bias,
      (b, c) => x.reduce((sum, value, i) => sum + value * weight[c * width + i]!, b) - (c === label ? 1 : 0),
    ),
  );
  return [...errors, ...Array.from(weight, (w) => w * Math.sqrt(lambda))].reduce((sum, e) => sum + e * e, 0);
}

describe('ridge regression', () => {
  it('is the least of its cost', () => {
    const fit = solved(examples);
    const least = cost(fit, 0.5);
    for (let at = 0; at < fit.weight.length; at++) {
      for (const step of [-0.01, 0.01]) {
        const moved = { ...fit, weight: fit.weight.map((w, i) => (i === at ? w + step : w)) };
        expect(cost(moved, 0.5)).toBeGreaterThan(least);
      }
    }
    for (const c of [0, 1, 2]) {
      const bias = fit.bias.map((b, i) => (i === c ? b + 0.01 : b));
      expect(cost({ ...fit, bias }, 0.5)).toBeGreaterThan(least);
    }
  });

  it('does not depend on the order of the examples', () => {
    const [one, other] = [solved(examples), solved([...examples].reverse())];
    one.weight.forEach((w, i) => expect(other.weight[i]).toBeCloseTo(w, 6));
  });

  it('says only how often labels are when the penalty is large', () => {
    const { weight, bias } = solved(examples, 1e9);
    expect(Math.max(...weight.map(Math.abs))).toBeLessThan(1e-6);
    expect(bias[0]).toBeCloseTo(14 / 40, 6);
  });

  it('refuses a matrix that is not positive definite', () => {
    expect(() => solvePositive(Float64Array.of(1, 0, 2, 1), Float64Array.of(1, 1), 2)).toThrow('positive definite');
  });
});
