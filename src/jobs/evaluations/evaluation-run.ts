import { Inject, Injectable } from '@nestjs/common';
import { ValidationError } from '../../common/errors.js';
import type { JsonObject } from '../../common/json.js';
import { CONFIG, type Config } from '../../config/config.js';
import type { HeadLabels } from '../../models/heads.js';
import { MODEL_CATALOG, type ModelCatalog } from '../../serving/served-model.js';
import type { Example } from '../../training/datasets/example.js';
import { FaultLog } from '../../training/datasets/fault.js';
import type { AnswerKind } from '../../training/evaluation/answers.js';
import type { ClaimWatch } from '../claim-watch.js';
import type { Claim } from '../row-claims.js';
import { TrainingChildren } from '../training-children.js';
import { AnswerWriter } from './answer-writer.js';
import { EvaluationClaims } from './evaluation-claims.js';
import { EvaluationRows } from './evaluation-rows.js';
import type { Evaluation } from './evaluation.entity.js';
import { ModelAsker, type NumberedExample } from './model-asker.js';

const BATCH_ROWS = 32;
/** Each row of masked_lm brings its positions times the vocabulary in numbers. */
const MASKED_BATCH_ROWS = 8;
const PROGRESS_MS = 2_000;
/** Beyond this share of rows with an error the file is not what was meant. */
const MAX_FAULTY_SHARE = 0.1;
const KINDS = { single: 'label', multi: 'labels', regression: 'value' } as const;

interface Surroundings {
  /** Empty, the run's own. */
  readonly directory: string;
  readonly watch: ClaimWatch;
}

/** Reads the rows, asks the model about them, and has the answers measured in a child process. */
@Injectable()
export class EvaluationRun {
  constructor(
    private readonly claims: EvaluationClaims,
    private readonly rows: EvaluationRows,
    private readonly asker: ModelAsker,
    private readonly children: TrainingChildren,
    @Inject(MODEL_CATALOG) private readonly catalog: ModelCatalog,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  /** @throws CancelledError  when it was told to stop, and what reading, asking or measuring threw */
  async run(evaluation: Evaluation, claim: Claim, { directory, watch }: Surroundings): Promise<void> {
    const { tenantId, request } = evaluation;
    const served = await this.catalog.resolve(tenantId, request.pinned);
    const head: HeadLabels = served.labels ?? { labels: [], problem: 'single' };
    const faults = new FaultLog();
    const source = await this.rows.open(evaluation, head.problem, { directory, faults });
    const counts = await this.askAll(source, { evaluation, claim, watch, directory });
    expectSound(counts, faults);
    const kind: AnswerKind =
      request.task === 'masked_lm'
        ? 'losses'
        : request.task === 'token_classification'
          ? 'entities'
          : KINDS[head.problem];
    const labels = kind === 'value' ? head.labels.slice(0, 1) : head.labels;
    const { seed, samples } = request;
    const result = await this.children.run('evaluate', { directory, kind, labels, seed, samples }, { watch });
    const rows = { read: counts.read, faulty: counts.faulty, answered: counts.answered };
    const faulty = { counts: faults.counts, first: faults.first };
    await this.claims.change(claim, {
      ...{ status: 'succeeded', finishedAt: new Date(), metrics: result.metrics, progress: { rows: counts.answered } },
      report: { ...result.report, rows, faults: JSON.parse(JSON.stringify(faulty)) as JsonObject },
    });
  }

  private async askAll(
    source: AsyncGenerator<Example | undefined>,
    { evaluation, claim, watch, directory }: Surroundings & { evaluation: Evaluation; claim: Claim },
  ): Promise<Counts> {
    const { tenantId, request } = evaluation;
    const asker = { tenantId, request, signal: watch.stop };
    const most = request.task === 'masked_lm' ? MASKED_BATCH_ROWS : BATCH_ROWS;
    const writer = new AnswerWriter(directory);
    const counts = { read: 0, faulty: 0, answered: 0 };
    let toldMs = Date.now();
    try {
      for await (const batch of batches(source, Math.min(most, this.config.limits.inputs), counts)) {
        await writer.write(await this.asker.ask(asker, batch));
        counts.answered = writer.rows;
        if (Date.now() - toldMs < PROGRESS_MS) continue;
        await this.claims.change(claim, { progress: { rows: writer.rows } });
        toldMs = Date.now();
      }
      await writer.close();
      return counts;
    } finally {
      writer.discard();
    }
  }
}

interface Counts {
  read: number;
  faulty: number;
  answered: number;
}

async function* batches(
  source: AsyncGenerator<Example | undefined>,
  most: number,
  counts: Counts,
): AsyncGenerator<NumberedExample[]> {
  let batch: NumberedExample[] = [];
  for await (const example of source) {
    counts.read++;
    if (example === undefined) counts.faulty++;
    else batch.push({ at: counts.read - 1, example });
    if (batch.length < most) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

/** Also after a file that is none of this task: then nearly every row is at fault. */
function expectSound({ read, faulty }: Counts, { first }: FaultLog): void {
  const isUsable = read > faulty && faulty <= MAX_FAULTY_SHARE * read;
  if (isUsable) return;
  const [fault] = first;
  const example = fault ? `; the first, at line ${fault.line}: ${fault.message}` : '';
  throw new ValidationError(
    `dataset: expected rows, at most ${MAX_FAULTY_SHARE * 100} % with an error, got ${faulty} of ${read}${example}`,
    { code: 'invalid_dataset', param: 'dataset' },
  );
}
