import type { Executor } from '../engine/executors/executor.js';
import { sizeOf, tensor } from '../engine/tensor.js';
import { buildHead, headFeeds, headKey, headShape } from '../models/head-graph.js';
import type { Head } from '../models/heads.js';
import type { RowSpan } from './batch-layout.js';
import { joinLogits } from './join-logits.js';
import { ProgramCache } from './program-cache.js';
import type { RowResult, RowTask } from './protocol.js';
import { headlessAnswer, headPositions, type Hidden } from './row-answers.js';

/** A row of a finished forward pass and who answers it; no heads where the task needs none. */
export interface RowToAnswer {
  readonly task: RowTask;
  readonly span: RowSpan;
  readonly heads: readonly Head[];
}

/** One head's answer to one row: `slot` is the head's place in the row. */
interface Asked {
  readonly index: number;
  readonly slot: number;
}

/** Programs kept: a kind of head with an activation is one, however many heads there are. */
const HEAD_PROGRAMS = 16;

/** Runs heads on the last hidden states: one small run for each head in the batch, over all positions it answers. */
export class HeadRunner {
  private readonly programs = new ProgramCache(HEAD_PROGRAMS);

  constructor(private readonly executor: Executor) {}

  /** The rows' results, in their order. */
  async answer(rows: readonly RowToAnswer[], states: Hidden): Promise<RowResult[]> {
    const answers = rows.map((): RowResult[] => []);
    for (const [head, asked] of byHead(rows)) await this.runHead(head, { asked, rows, states, answers });
    return rows.map(({ task, span, heads }, index) =>
      heads.length === 0 ? headlessAnswer(task, states, index, span) : joinLogits(answers[index] as RowResult[]),
    );
  }

  dispose(): Promise<void> {
    return this.programs.dispose();
  }

  private async runHead(
    head: Head,
    {
      asked,
      rows,
      states,
      answers,
    }: { asked: readonly Asked[]; rows: readonly RowToAnswer[]; states: Hidden; answers: readonly RowResult[][] },
  ): Promise<void> {
    const { hidden, seq, data } = states;
    const wanted = asked.map(({ index, slot }) => {
      const { task, span } = rows[index] as RowToAnswer;
      return { index, slot, task, positions: headPositions(task, span) };
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
    for (const { index, slot, task, positions } of wanted) {
      const part = logits.data.slice(first * labels, (first + positions.length) * labels);
      first += positions.length;
      const shape = task.kind === 'sequence' ? [labels] : [positions.length, labels];
      (answers[index] as RowResult[])[slot] = { shape, data: part };
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

function byHead(rows: readonly RowToAnswer[]): Map<Head, Asked[]> {
  const groups = new Map<Head, Asked[]>();
  for (const [index, { heads }] of rows.entries())
    for (const [slot, head] of heads.entries()) {
      const asked = groups.get(head) ?? [];
      asked.push({ index, slot });
      groups.set(head, asked);
    }
  return groups;
}
