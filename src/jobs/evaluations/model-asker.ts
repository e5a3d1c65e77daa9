import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { AppError, CancelledError, ValidationError } from '../../common/errors.js';
import type { HeadLabels } from '../../models/heads.js';
import { scoresOf } from '../../models/labels.js';
import { textPositions, type Encoding } from '../../models/tokenizers/encoding.js';
import { entities } from '../../serving/answers/token-classify.js';
import { Inference } from '../../serving/inference.js';
import { workOf } from '../../serving/row-builder.js';
import type { ServedModel } from '../../serving/served-model.js';
import type { Work } from '../../serving/submission.js';
import type { Example } from '../../training/datasets/example.js';
import type { Answer } from '../../training/evaluation/answers.js';
import { tokenLoss } from '../../training/evaluation/masked-lm.js';
import { Random } from '../../common/random.js';
import { maskTokens, type MaskedTokens } from '../../training/run/mask-tokens.js';
import type { EvaluationRequest } from './evaluation-request.js';

export interface Asker {
  readonly tenantId: string;
  readonly request: EvaluationRequest;
  readonly signal: AbortSignal;
}

/** A row with its place among those that are asked. */
export interface NumberedExample {
  readonly at: number;
  readonly example: Example;
}

export interface AskedRow {
  readonly answer: Answer;
  /** Probabilities in the order of the model's labels, or the value; none for other kinds. */
  readonly scores: Float32Array;
}

const NO_SCORES = new Float32Array();
/** How long a row may wait for the tenant's quota or a busy engine. */
const PATIENCE_MS = 900_000;
const MAX_WAIT_SECONDS = 30;

/**
 * Asks a model about rows of a data set as a client of the tenant would: under its quotas, in its turn, in batches with
 * everybody's. Texts that are too long are cut. A refusal that passes is waited out.
 */
@Injectable()
export class ModelAsker {
  constructor(private readonly inference: Inference) {}

  /** @throws CancelledError  when the signal says so */
  async ask(asker: Asker, rows: readonly NumberedExample[]): Promise<AskedRow[]> {
    for (const endMs = Date.now() + PATIENCE_MS; ;) {
      if (asker.signal.aborted) throw new CancelledError('evaluation: stopped before it ended');
      try {
        return await this.askOnce(asker, rows);
      } catch (error) {
        const passes = error instanceof AppError && error.retryable && Date.now() < endMs;
        if (!passes) throw error;
        const seconds = Math.min(MAX_WAIT_SECONDS, error.retryAfterSeconds ?? 1);
        await sleep(seconds * 1000, undefined, { signal: asker.signal }).catch(() => undefined);
      }
    }
  }

  private async askOnce({ tenantId, request, signal }: Asker, rows: readonly NumberedExample[]): Promise<AskedRow[]> {
    const { pinned: model, task } = request;
    const { data } = await this.inference.answer(
      { tenantId, signal },
      { operation: 'evaluate', model, task, inputs: rows.length },
      async (served) => {
        const { works, result } = await this.prepare(served, rows, request);
        return { works, read: ({ data: numbers }, at) => result(numbers, at, served) };
      },
    );
    return [...data];
  }

  private async prepare(served: ServedModel, rows: readonly NumberedExample[], request: EvaluationRequest) {
    if (request.task === 'sequence_classification') return this.labelled(served, rows);
    const encodings = await this.encode(served, rows);
    if (request.task === 'masked_lm') return this.masked(served, rows, encodings, request);
    const works = this.inference.rows(served, encodings, { kind: 'token' });
    const result = (data: Float32Array, at: number, model: ServedModel): AskedRow =>
      tagged(rows[at]!.example, encodings[at]!, data, requireLabels(model));
    return { works, result };
  }

  /** @throws ValidationError  for a pair of texts asked of a prompt, which has room for one */
  private async labelled(served: ServedModel, rows: readonly NumberedExample[]) {
    const result = (data: Float32Array, at: number, model: ServedModel): AskedRow =>
      classified(rows[at]!.example, data, requireLabels(model));
    if (served.template === undefined) {
      return { works: this.inference.rows(served, await this.encode(served, rows), { kind: 'sequence' }), result };
    }
    const pair = rows.find(({ example }) => example.pair !== undefined);
    if (pair) {
      throw new ValidationError(`dataset: a prompt takes rows of one text, got a pair in row ${pair.at}`, {
        param: 'dataset',
      });
    }
    const texts = rows.map(({ example }) => example.text);
    return { works: await this.inference.labelRows(served, texts, { truncate: true }), result };
  }

  /** Every row is masked by a stream of its own, so that models are asked about the same tokens. */
  private masked(
    served: ServedModel,
    rows: readonly NumberedExample[],
    encodings: readonly Encoding[],
    { seed, maskedShare: share }: EvaluationRequest,
  ): { works: Work[]; result: (data: Float32Array, at: number) => AskedRow } {
    const { base, tokenizer } = this.inference.parts;
    const { mask: maskId } = tokenizer.special;
    if (maskId === undefined) throw new ValidationError('model: expected a tokenizer with a mask token, got none');
    const masked = encodings.map((encoding, i): MaskedTokens => {
      const random = Random.stream(seed, 'evaluation', rows[i]!.at);
      return maskTokens(encoding.ids, textPositions(encoding), { share, maskId, vocab: base.vocab }, random);
    });
    const works = masked.map(({ inputIds: ids, positions }, i) =>
      workOf(served, { ids, typeIds: encodings[i]!.typeIds }, { kind: 'masked_lm', positions }),
    );
    return { works, result: (data, at) => guessed(rows[at]!.example, data, masked[at]!.targets) };
  }

  private encode(served: ServedModel, rows: readonly NumberedExample[]): Promise<Encoding[]> | Encoding[] {
    const texts = rows.map(({ example }) => example.text);
    if (rows.every(({ example }) => example.pair === undefined)) {
      return this.inference.encode(served, texts, { truncate: true });
    }
    const maxTokens = this.inference.maxTokens(served);
    const { tokenizer } = this.inference.parts;
    return rows.map(({ example: { text, pair } }) =>
      tokenizer.encode(text, { maxTokens, ...(pair !== undefined && { pair }) }),
    );
  }
}

function classified({ label, labels, value, group }: Example, logits: Float32Array, head: HeadLabels): AskedRow {
  const scores = scoresOf(logits, head.problem);
  const slice = group === undefined ? {} : { slice: group };
  if (head.problem === 'single') return { scores, answer: { kind: 'label', label: label ?? '', ...slice } };
  if (head.problem === 'multi') return { scores, answer: { kind: 'labels', labels: labels ?? [], ...slice } };
  return { scores: scores.subarray(0, 1), answer: { kind: 'value', value: value ?? 0, ...slice } };
}

function tagged(example: Example, encoding: Encoding, logits: Float32Array, head: HeadLabels): AskedRow {
  const found = entities(example.text, encoding, logits, head);
  const predicted = found.map(({ start, end, label }) => ({ start, end, label }));
  const answer = { kind: 'entities' as const, truth: example.entities ?? [], predicted, slice: example.group };
  return { scores: NO_SCORES, answer };
}

/** @param logits [masks, vocab] */
function guessed({ group }: Example, logits: Float32Array, targets: readonly number[]): AskedRow {
  const vocab = logits.length / targets.length;
  const losses = targets.map((target, at) => tokenLoss(logits.subarray(at * vocab, (at + 1) * vocab), target));
  return { scores: NO_SCORES, answer: { kind: 'losses', losses, slice: group } };
}

function requireLabels({ labels, name }: ServedModel): HeadLabels {
  if (labels !== undefined) return labels;
  throw new ValidationError(`model: expected one with labels, got ${name}`, { param: 'model' });
}
