import { describe, expect, it } from 'vitest';
import { Random } from '../../common/random.js';
import { accuracy, bestClasses } from './accuracy.js';
import { confusionMatrix } from './confusion-matrix.js';
import { averageScores, labelScores, outcomesOf } from './precision-recall.js';

// truth and answers of scikit-learn's manual for classification_report, worked by hand
const truth = [0, 1, 2, 2, 2];
const predicted = [0, 0, 2, 2, 1];

describe('confusionMatrix', () => {
  it('counts true by predicted', () => {
    expect([...confusionMatrix(truth, predicted, 3)]).toEqual([1, 0, 0, 1, 0, 0, 0, 1, 2]);
  });

  it('is empty for nothing, and refuses classes outside and lengths that differ', () => {
    expect([...confusionMatrix([], [], 2)]).toEqual([0, 0, 0, 0]);
    expect(() => confusionMatrix([0], [2], 2)).toThrow('below 2, got 2 at 0');
    expect(() => confusionMatrix([NaN], [0], 2)).toThrow('got NaN');
    expect(() => confusionMatrix([0, 1], [0], 2)).toThrow('expected 2 numbers, got 1');
  });
});

describe('precision, recall, F1', () => {
  const outcomes = outcomesOf(confusionMatrix(truth, predicted, 3), 3);

  it('of each label', () => {
    expect(outcomes.map(labelScores)).toEqual([
      { precision: 0.5, recall: 1, f1: 2 / 3, support: 1 },
      { precision: 0, recall: 0, f1: 0, support: 1 },
      { precision: 1, recall: 2 / 3, f1: 0.8, support: 3 },
    ]);
  });

  it('in macro, micro and weighted mean', () => {
    const { macro, micro, weighted } = averageScores(outcomes);
    expect(macro.precision).toBeCloseTo(0.5, 12);
    expect(macro.recall).toBeCloseTo(5 / 9, 12);
    expect(macro.f1).toBeCloseTo((2 / 3 + 0.8) / 3, 12);
    expect(micro).toEqual({ precision: 0.6, recall: 0.6, f1: 0.6 });
    expect(weighted.f1).toBeCloseTo((2 / 3 + 3 * 0.8) / 5, 12);
    expect(weighted.recall).toBeCloseTo(0.6, 12);
  });

  it('leaves labels that never occur out of the macro mean', () => {
    const five = outcomesOf(confusionMatrix(truth, predicted, 5), 5);
    expect(averageScores(five).macro.f1).toBeCloseTo((2 / 3 + 0.8) / 3, 12);
  });

  it('is 0 where nothing can be divided, and with no label at all', () => {
    expect(averageScores([])).toMatchObject({ macro: { f1: 0 }, micro: { f1: 0 }, weighted: { f1: 0 } });
  });

  it('keeps its laws on random answers: micro is the accuracy, weighted recall too, order of rows does not matter', () => {
    const random = Random.stream(1, 'precision');
    const rows = Array.from({ length: 200 }, () => [random.below(4), random.below(4)] as const);
    const scores = (own: typeof rows) => {
      const [t, p] = [own.map(([x]) => x), own.map(([, y]) => y)];
      return { ...averageScores(outcomesOf(confusionMatrix(t, p, 4), 4)), accuracy: accuracy(t, p) };
    };
    const first = scores(rows);
    expect(first.micro.f1).toBeCloseTo(first.accuracy, 12);
    expect(first.weighted.recall).toBeCloseTo(first.accuracy, 12);
    expect(scores(random.permutation(200).map((row) => rows[row]!))).toEqual(first);
    for (const { f1 } of [first.macro, first.weighted]) expect(f1 >= 0 && f1 <= 1).toBe(true);
  });
});

describe('accuracy', () => {
  it('is the share of right rows, NaN for none', () => {
    expect(accuracy(truth, predicted)).toBe(0.6);
    expect(accuracy([], [])).toBeNaN();
  });

  it('bestClasses takes the first of equal scores', () => {
    expect([...bestClasses([0.5, 0.5, 0.1, 0.9], 2)]).toEqual([0, 1]);
  });
});
