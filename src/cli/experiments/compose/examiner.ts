import type { Row, RowRoute, RowBrick, Runtime } from '../../../runtime/protocol.js';

/** A text as the runtime takes it, and what it should be answered. */
export interface Question {
  readonly ids: Int32Array;
  /** Number of its label. */
  readonly label: number;
  /** Number of its domain. */
  readonly domain: number;
}

/** What answers a question, under the base's own head. */
export interface Answering {
  readonly bricks: readonly RowBrick[];
  readonly routes?: readonly RowRoute[];
}

export interface Score {
  readonly accuracy: number;
  /** Of each question whose row has one route: the share of each member, then the one that abstained. */
  readonly shares: readonly Float32Array[];
}

const ROWS = 64;

/** Asks a runtime questions by many compositions. */
export class Examiner {
  constructor(private readonly runtime: Runtime) {}

  async score(
    questions: readonly Question[],
    answering: (question: Question, at: number) => Answering,
  ): Promise<Score> {
    let right = 0;
    const shares: Float32Array[] = [];
    const answers = await this.run(questions, (question, at) => ({
      ...answering(question, at),
      heads: ['base'],
      task: { kind: 'sequence' },
    }));
    answers.forEach(({ data, shares: own }, at) => {
      if (indexOfLargest(data) === questions[at]!.label) right += 1;
      if (own?.[0]) shares.push(own[0]);
    });
    return { accuracy: right / questions.length, shares };
  }

  /** The bare base's first hidden state of each, [hidden]. */
  async firstStates(questions: readonly Pick<Question, 'ids'>[]): Promise<Float32Array[]> {
    return this.embed(questions, 'cls');
  }

  /** The bare base's sentence embedding of each, [hidden]. */
  async embeddings(questions: readonly Pick<Question, 'ids'>[]): Promise<Float32Array[]> {
    return this.embed(questions, 'mean');
  }

  private async embed(questions: readonly Pick<Question, 'ids'>[], pooling: 'cls' | 'mean'): Promise<Float32Array[]> {
    const rows = await this.run(questions, () => ({ bricks: [], heads: [], task: { kind: 'embedding', pooling } }));
    return rows.map(({ data }) => data);
  }

  /** In batches of alike lengths; the answers stand in the questions' order. */
  private async run<Q extends Pick<Question, 'ids'>>(
    questions: readonly Q[],
    rest: (question: Q, at: number) => Omit<Row, 'inputIds'>,
  ) {
    const order = [...questions.keys()].sort((a, b) => questions[a]!.ids.length - questions[b]!.ids.length);
    const answers: Awaited<ReturnType<Runtime['run']>>['rows'][number][] = [];
    for (let from = 0; from < order.length; from += ROWS) {
      const batch = order.slice(from, from + ROWS);
      const { rows } = await this.runtime.run(
        batch.map((at) => ({ inputIds: questions[at]!.ids, ...rest(questions[at]!, at) })),
      );
      rows.forEach((row, i) => (answers[batch[i]!] = row));
    }
    return answers;
  }
}

function indexOfLargest(values: Float32Array): number {
  return values.reduce((best, value, at) => (value > values[best]! ? at : best), 0);
}
