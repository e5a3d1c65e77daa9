import type { Executor } from '../engine/executors/executor.js';
import { sizeOf, tensor } from '../engine/tensor.js';
import { buildHead, headFeeds, headKey, headShape } from '../models/head-graph.js';
import type { Head } from '../models/heads.js';
import type { RowSpan } from './batch-layout.js';
import { ProgramCache } from './program-cache.js';
import type { RowResult, RowTask } from './protocol.js';
import { headlessAnswer, headPositions, type Hidden } from './row-answers.js';

/** A row of a finished forward pass and who answers it; `head` is absent where the task needs none. */
export interface RowToAnswer {
  readonly task: RowTask;
  readonly span: RowSpan;
  readonly head: Head | undefined;
}

/** Programs kept: a kind of head with an activation is one, however many heads there are. */
const HEAD_PROGRAMS = 16;

/** Runs heads on the last hidden states: one small run for each head in the batch, over all positions it answers. */
export class HeadRunner {
  private readonly programs = new ProgramCache(HEAD_PROGRAMS);

  constructor(private readonly executor: Executor) {}

  /** The rows' results, in their order. */
  async answer(rows: readonly RowToAnswer[], states: Hidden): Promise<RowResult[]> {
    const results: RowResult[] = [];
    for (const [head, indices] of byHead(rows)) {
      if (head) await this.runHead(head, { indices, rows, states, results });
      else for (const index of indices) results[index] = withoutHead(rows, states, index);
    }
    return results;
  }

  dispose(): Promise<void> {
    return this.programs.dispose();
  }

  private async runHead(
    head: Head,
    {
      indices,
      rows,
      states,
      results,
    }: { indices: number[]; rows: readonly RowToAnswer[]; states: Hidden; results: RowResult[] },
  ): Promise<void> {
    const { hidden, seq, data } = states;
    const wanted = indices.map((index) => {
      const { task, span } = rows[index] as RowToAnswer;
      return { index, task, positions: headPositions(task, span) };
    });
    const count = wanted.reduce((sum, { positions }) => sum + positions.length, 0);
    const x = new Float32Array(count * hidden);
    let at = 0;
    for (const { index, positions } of wanted)
      for (const position of positions) {
        const from = (index * seq + position) * hidden;
        x.set(data.subarray(from, from + hidden), at++ * hidden);
      }
    const logits = await this.logits(head, x, hidden);
    const labels = sizeOf(logits.shape) / Math.max(count, 1);
    let first = 0;
    for (const { index, task, positions } of wanted) {
      const part = logits.data.slice(first * labels, (first + positions.length) * labels);
      first += positions.length;
      results[index] = { shape: task.kind === 'sequence' ? [labels] : [positions.length, labels], data: part };
    }
  }

  private async logits(head: Head, x: Float32Array, hidden: number): Promise<RowResult> {
    const shape = headShape(head);
    const program = await this.programs.get(headKey(shape), () => this.executor.compile(buildHead(shape)));
    const feeds = { hidden_states: tensor('float32', [x.length / hidden, hidden], x), ...headFeeds(head) };
    const { logits } = await program.run(feeds);
    return logits as { shape: readonly number[]; data: Float32Array };
  }
}

function byHead(rows: readonly RowToAnswer[]): Map<Head | undefined, number[]> {
  const groups = new Map<Head | undefined, number[]>();
  for (const [index, { head }] of rows.entries()) groups.set(head, [...(groups.get(head) ?? []), index]);
  return groups;
}

function withoutHead(rows: readonly RowToAnswer[], states: Hidden, index: number): RowResult {
  const { task, span } = rows[index] as RowToAnswer;
  return headlessAnswer(task, states, index, span);
}
