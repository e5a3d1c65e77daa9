import { Injectable } from '@nestjs/common';
import { ValidationError } from '../common/errors.js';
import type { HeadLabels } from '../models/heads.js';
import type { Encoding } from '../models/tokenizers/encoding.js';
import { classification, type Classification } from './answers/classify.js';
import { toUnitLength } from './answers/embed.js';
import { filledMasks, maskPositions, type FilledMask } from './answers/fill-mask.js';
import { entities, type Entity } from './answers/token-classify.js';
import { Inference, type Answered, type Caller, type TextOptions } from './inference.js';
import { checkTokenIds, workOf } from './row-builder.js';
import type { ServedModel } from './served-model.js';

export interface TextRequest extends TextOptions {
  readonly model: string;
  readonly input: readonly string[];
}

export interface EmbedRequest extends TextOptions {
  readonly model: string;
  /** Texts, or token ids of the base's own tokenizer, special tokens included. */
  readonly input: readonly string[] | readonly (readonly number[])[];
  readonly dimensions?: number | undefined;
  readonly pooling: 'mean' | 'cls';
  readonly normalize: boolean;
}

/** The four things a model can be asked. */
@Injectable()
export class InferenceService {
  constructor(private readonly inference: Inference) {}

  /** A label for each text. */
  classify(caller: Caller, request: TextRequest & { topK: number }): Promise<Answered<Classification>> {
    return this.inference.answer(
      caller,
      { operation: 'classify', model: request.model, task: 'sequence_classification', inputs: request.input.length },
      (model) => this.inference.labelRows(model, request.input, request),
      ({ data }, index, model) => classification(index, data, requireLabels(model), request.topK),
    );
  }

  /** The entities of each text. */
  tokenClassify(caller: Caller, request: TextRequest): Promise<Answered<{ index: number; entities: Entity[] }>> {
    let encodings: Encoding[] = [];
    return this.inference.answer(
      caller,
      { operation: 'token_classify', model: request.model, task: 'token_classification', inputs: request.input.length },
      async (model) => {
        encodings = await this.inference.encode(model, request.input, request);
        return this.inference.rows(model, encodings, { kind: 'token' });
      },
      ({ data }, index, model) => {
        const [text, encoding] = [request.input[index] ?? '', encodings[index]];
        return { index, entities: encoding === undefined ? [] : entities(text, encoding, data, requireLabels(model)) };
      },
    );
  }

  /** What may stand in the place of each mask token. */
  fillMask(
    caller: Caller,
    request: TextRequest & { topK: number },
  ): Promise<Answered<{ index: number; masks: FilledMask[] }>> {
    const { tokenizer } = this.inference.parts;
    let inputs: { encoding: Encoding; positions: number[] }[] = [];
    return this.inference.answer(
      caller,
      { operation: 'fill_mask', model: request.model, task: 'masked_lm', inputs: request.input.length },
      async (model) => {
        const encodings = await this.inference.encode(model, request.input, request);
        inputs = encodings.map((encoding, i) => ({ encoding, positions: maskPositions(encoding, tokenizer, i) }));
        return inputs.map(({ encoding, positions }) => workOf(model, encoding, { kind: 'masked_lm', positions }));
      },
      ({ data }, index) => {
        const input = inputs[index];
        const options = { topK: request.topK, tokenizer };
        return { index, masks: input === undefined ? [] : filledMasks(input.encoding, input.positions, data, options) };
      },
    );
  }

  /** A vector for each text. */
  embed(caller: Caller, request: EmbedRequest): Promise<Answered<Float32Array>> {
    this.requireDimensions(request.dimensions);
    const task = { kind: 'embedding', pooling: request.pooling } as const;
    return this.inference.answer(
      caller,
      { operation: 'embeddings', model: request.model, task: 'embedding', inputs: request.input.length },
      async (model) => (await this.embeddable(model, request)).map((input) => workOf(model, input, task)),
      ({ data }) => (request.normalize ? toUnitLength(data) : data),
    );
  }

  private async embeddable(model: ServedModel, request: EmbedRequest): Promise<readonly { ids: Int32Array }[]> {
    const limits = { vocab: this.inference.parts.base.vocab, maxTokens: this.inference.maxTokens(model) };
    const texts = request.input.filter((input) => typeof input === 'string');
    if (texts.length > 0) return this.inference.encode(model, texts, request);
    const ids = request.input as readonly (readonly number[])[];
    return ids.map((one, index) => ({ ids: checkTokenIds(one, index, limits) }));
  }

  private requireDimensions(dimensions: number | undefined): void {
    const { hidden, name } = this.inference.parts.base;
    if (dimensions === undefined || dimensions === hidden) return;
    throw new ValidationError(`dimensions: ${name} gives vectors of ${hidden}, got ${dimensions}`, {
      param: 'dimensions',
    });
  }
}

function requireLabels({ labels, name }: ServedModel): HeadLabels {
  if (labels !== undefined) return labels;
  throw new ValidationError(`model: expected one with labels, got ${name}`, { param: 'model' });
}
