import type { AdapterTask } from '../adapters/adapter-base.js';
import { Template } from '../adapters/verbaliser/template.js';
import { CancelledError, ValidationError } from '../common/errors.js';
import type { Metrics } from '../metrics/metrics.js';
import type { Encoding } from '../models/tokenizers/encoding.js';
import type { Tokenizer } from '../models/tokenizers/tokenizer.js';
import type { BaseDescription, RowResult, RowTask } from '../runtime/protocol.js';
import type { Admission, Limits } from './admission.js';
import type { Batcher } from './batcher.js';
import { encodePrompts } from './encode-prompts.js';
import { encodeTexts } from './input-encoder.js';
import { requireTask, workOf } from './row-builder.js';
import { joinedAnswer } from './joined-answer.js';
import { countRoutes } from './count-routes.js';
import { runSettled, unsettled, type RunRows } from './settle-routes.js';
import {
  answersOf,
  type InlineComposition,
  type ModelCatalog,
  type NamedBrick,
  type ServedModel,
} from './served-model.js';
import type { Work } from './submission.js';
import type { VersionLeases } from './version-leases.js';

/** Who asks, and how to know that they have gone. */
export interface Caller {
  readonly tenantId: string;
  readonly signal?: AbortSignal | undefined;
}

export interface InferenceParts {
  readonly base: BaseDescription;
  readonly tokenizer: Pick<Tokenizer, 'encode' | 'decode' | 'special' | 'maskToken' | 'truncationSide'>;
  readonly catalog: ModelCatalog;
  readonly admission: Admission;
  readonly limitsOf: (tenantId: string) => Promise<Limits>;
  readonly leases: VersionLeases;
  readonly batcher: Pick<Batcher, 'submit'>;
  readonly metrics: Metrics;
  readonly maxInputs: number;
  readonly timeoutMs: number;
}

/** A request up to the point where its rows are known. */
export interface Asked {
  readonly operation: string;
  readonly model: string;
  /** Refused before tokenisation when the model cannot do it. */
  readonly task: AdapterTask;
  readonly inputs: number;
  /** A composition that answers in the place of the model, with its head. */
  readonly inline?: InlineComposition | undefined;
}

/** The rows of a request under one model, and how the numbers of each are read. */
export interface Prepared<T> {
  readonly works: readonly Work[];
  readonly read: (result: RowResult, index: number) => T;
}

export interface Answered<T> {
  readonly model: string;
  readonly versions: readonly string[];
  /** For each input its answers, of which there are several under a model with alternatives. */
  readonly data: readonly T[];
  readonly answersPerInput: number;
  /** Of a composition: what each of the answers is made of. */
  readonly bricks?: readonly (readonly NamedBrick[])[] | undefined;
  /** For each of `data` and each route of its row: the mean share of each brick of the route, then that of the base. */
  readonly shares: readonly (readonly Float32Array[] | undefined)[];
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number };
}

export interface TextOptions {
  readonly truncate?: boolean | undefined;
}

/**
 * The walk of every inference request: quota → model to digests, leased until the answer → rows → fair queue and batch →
 * answer. What differs between the operations is how rows are made and how numbers are read.
 */
export class Inference {
  constructor(readonly parts: InferenceParts) {}

  /**
   * @param prepare  makes the rows, once the request is admitted and its model known; asked for each of its alternatives
   */
  async answer<T>(
    caller: Caller,
    asked: Asked,
    prepare: (model: ServedModel) => Promise<Prepared<T>>,
  ): Promise<Answered<T>> {
    try {
      return await this.walk(caller, asked, prepare);
    } catch (error) {
      const outcome = (error as { code?: string }).code ?? 'internal_error';
      this.parts.metrics.requests.inc({ operation: asked.operation, outcome });
      throw error;
    }
  }

  /** Longest input of a model in tokens, its virtual ones left out. */
  maxTokens(model: ServedModel): number {
    return this.parts.base.maxTokens - model.virtualTokens;
  }

  encode(model: ServedModel, texts: readonly string[], { truncate = false }: TextOptions): Promise<Encoding[]> {
    return encodeTexts(this.parts.tokenizer, texts, { maxTokens: this.maxTokens(model), truncate });
  }

  /** One row for each encoding, all with one task. */
  rows(model: ServedModel, encodings: readonly Encoding[], task: RowTask): Work[] {
    return encodings.map((encoding) => workOf(model, encoding, task));
  }

  /** A row for each text that is answered with labels; in the model's prompt where it has one, at the prompt's mask. */
  async labelRows(model: ServedModel, texts: readonly string[], options: TextOptions): Promise<Work[]> {
    const { template } = model;
    if (template === undefined) return this.rows(model, await this.encode(model, texts, options), { kind: 'sequence' });
    const limits = { maxTokens: this.maxTokens(model), truncate: options.truncate ?? false };
    const prompts = await encodePrompts(this.parts.tokenizer, texts, Template.parse(template), limits);
    return prompts.map(({ encoding, mask }) => workOf(model, encoding, { kind: 'masked_lm', positions: [mask] }));
  }

  private async walk<T>(
    caller: Caller,
    asked: Asked,
    prepare: (model: ServedModel) => Promise<Prepared<T>>,
  ): Promise<Answered<T>> {
    const { admission, batcher, catalog, leases, limitsOf, metrics, timeoutMs } = this.parts;
    this.requireInputs(asked.inputs);
    const { tenantId, signal } = caller;
    const admitted = admission.enter(tenantId, await limitsOf(tenantId));
    let release = (): void => undefined;
    try {
      const model = await catalog.resolve(tenantId, asked.model, asked.inline);
      release = leases.hold(model.held);
      const models = answersOf(model);
      for (const one of models) requireTask(one, asked.task);
      const prepared: Prepared<T>[] = [];
      for (const one of models) prepared.push(await prepare(unsettled(one)));
      if (signal?.aborted === true) throw new CancelledError();
      let tokens = 0;
      const endMs = performance.now() + timeoutMs;
      const run: RunRows = (works) => {
        const more = works.reduce((sum, { row }) => sum + row.inputIds.length, 0);
        admitted.chargeTokens(more);
        tokens += more;
        return batcher.submit(tenantId, works, {
          signal,
          timeoutMs: Math.max(1, Math.ceil(endMs - performance.now())),
        });
      };
      const all = models.map((one, at) => ({ model: one, works: prepared[at]!.works }));
      const results = await runSettled(all, run);
      metrics.countAnswer(asked.operation, tenantId, `${tenantId}/${model.adapter}`, tokens);
      countRoutes(metrics, tenantId, models, results);
      const read = byInput(results, models, prepared);
      return {
        ...{ model: model.name, versions: model.versions, answersPerInput: models.length, usage: usageOf(tokens) },
        ...(model.named && { bricks: models.map(({ named = [] }) => named) }),
        data: read.map(({ value }) => value),
        shares: read.map(({ shares }) => shares),
      };
    } finally {
      release();
      admitted.leave();
    }
  }

  private requireInputs(inputs: number): void {
    const { maxInputs } = this.parts;
    if (inputs >= 1 && inputs <= maxInputs) return;
    throw new ValidationError(`input: expected 1 to ${maxInputs} inputs, got ${inputs}`, { param: 'input' });
  }
}

/** The results of one alternative after the other, as the answers of one input after the other. */
function byInput<T>(results: readonly RowResult[], models: readonly ServedModel[], prepared: readonly Prepared<T>[]) {
  const inputs = results.length / models.length;
  return results.map((_, at) => {
    const [input, which] = [Math.floor(at / models.length), at % models.length];
    const result = results[which * inputs + input]!;
    const { works, read } = prepared[which]!;
    const value = read(joinedAnswer(models[which]!, works[input]!.row.task, result), input);
    return { value, shares: result.shares };
  });
}

function usageOf(tokens: number): { prompt_tokens: number; total_tokens: number } {
  return { prompt_tokens: tokens, total_tokens: tokens };
}
