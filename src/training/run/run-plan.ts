import { makeSchedule } from '../schedules/table.js';
import type { Schedule } from '../schedules/schedule.js';
import { Batches } from './batches.js';
import type { BatchRow } from './collate.js';
import type { EncodedExample } from './encoded-example.js';
import type { OpenRun } from './open-run.js';

const EVALUATION_ROWS = 32;

/** What each step of a run is made of: functions of the specification and the data alone. */
export class RunPlan {
  readonly totalSteps: number;
  private readonly batches: Batches;
  private readonly schedule: Schedule;

  constructor(private readonly run: OpenRun) {
    const { spec, train } = run;
    const lengths = train.map(({ tokens }) => tokens);
    const { seed, batchSize, resample } = spec;
    const labels = Int32Array.from(train, ({ label = 0 }) => label);
    this.batches = new Batches({
      seed,
      batchSize,
      lengths,
      ...(run.trainable.squad && { tasks: Int32Array.from(train, ({ task = 0 }) => task) }),
      ...(resample !== 'none' && { resample: { labels, kind: resample } }),
    });
    this.totalSteps = spec.maxSteps ?? Math.max(1, Math.ceil(spec.epochs * this.batches.perEpoch));
    this.schedule = makeSchedule(spec.schedule, this.totalSteps);
  }

  get stepsPerEpoch(): number {
    return this.batches.perEpoch;
  }

  /** @param step  from 0 */
  learningRateAt(step: number): number {
    return this.run.spec.learningRate * this.schedule(step);
  }

  /** @param run  the number that the run has in the batch */
  rowsAt(step: number, run = 0): BatchRow[] {
    return this.batches.at(step).map((index) => ({ example: this.run.train[index] as EncodedExample, index, run }));
  }

  isEvaluatedAfter(step: number): boolean {
    if (this.run.validation.length === 0) return false;
    return step % (this.run.spec.evaluateEvery ?? this.stepsPerEpoch) === 0 || step === this.totalSteps;
  }

  /** The validation data, rows of about equal length together. */
  validationBatches(run = 0): BatchRow[][] {
    const rows = this.run.validation.map((example, index): BatchRow => ({ example, index, run }));
    rows.sort((a, b) => a.example.tokens - b.example.tokens || a.index - b.index);
    const count = Math.ceil(rows.length / EVALUATION_ROWS);
    return Array.from({ length: count }, (_, at) => rows.slice(at * EVALUATION_ROWS, (at + 1) * EVALUATION_ROWS));
  }
}
