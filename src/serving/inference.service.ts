import { Injectable } from '@nestjs/common';
import { ValidationError } from '../common/errors.js';
import type { HeadLabels } from '../models/heads.js';
import { classification, type Classification } from './answers/classify.js';
import { toUnitLength } from './answers/embed.js';
import { filledMasks, maskPositions, type FilledMask } from './answers/fill-mask.js';
import { entities, type Entity } from './answers/token-classify.js';
import { Inference, type Answered, type Caller, type TextOptions } from './inference.js';
import { checkTokenIds, workOf } from './row-builder.js';
import type { InlineComposition, ServedModel } from './served-model.js';

export interface TextRequest extends TextOptions {
  readonly model: string;
  readonly inline?: InlineComposition | undefined;
  readonly input: readonly string[];
}

export interface EmbedRequest extends TextOptions {
  readonly model: string;
  readonly inline?: InlineComposition | undefined;
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
    const asked = { operation: 'classify', task: 'sequence_classification' as const, ...askedOf(request) };
    return this.inference.answer(caller, asked, async (model) => ({
      works: await this.inference.labelRows(model, request.input, request),
      read: ({ data }, index) => classification(index, data, requireLabels(model), request.topK),
    }));
  }

  /** The entities of each text. */
  tokenClassify(caller: Caller, request: TextRequest): Promise<Answered<{ index: number; entities: Entity[] }>> {
    const asked = { operation: 'token_classify', task: 'token_classification' as const, ...askedOf(request) };
    return this.inference.answer(caller, asked, async (model) => {
      const encodings = await this.inference.encode(model, request.input, request);
      return {
        works: this.inference.rows(model, encodings, { kind: 'token' }),
        read: ({ data }, index) => {
          const [text, encoding] = [request.input[index]!, encodings[index]!];
          return { index, entities: entities(text, encoding, data, requireLabels(model)) };
        },
      };
    });
  }

  /** What may stand in the place of each mask token. */
  fillMask(
    caller: Caller,
    request: TextRequest & { topK: number },
  ): Promise<Answered<{ index: number; masks: FilledMask[] }>> {
    const { tokenizer } = this.inference.parts;
    const asked = { operation: 'fill_mask', task: 'masked_lm' as const, ...askedOf(request) };
    return this.inference.answer(caller, asked, async (model) => {
      const encodings = await this.inference.encode(model, request.input, request);
      const inputs = encodings.map((encoding, i) => ({ encoding, positions: maskPositions(encoding, tokenizer, i) }));
      return {
        works: inputs.map(({ encoding, positions }) => workOf(model, encoding, { kind: 'masked_lm', positions })),
        read: ({ data }, index) => {
          const { encoding, positions } = inputs[index]!;
          return { index, masks: filledMasks(encoding, positions, data, { topK: request.topK, tokenizer }) };
        },
      };
    });
  }

  /** A vector for each text. */
  embed(caller: Caller, request: EmbedRequest): Promise<Answered<Float32Array>> {
    this.requireDimensions(request.dimensions);
    const task = { kind: 'embedding', pooling: request.pooling } as const;
    const asked = { operation: 'embeddings', task: 'embedding' as const, ...askedOf(request) };
    return this.inference.answer(caller, asked, async (model) => ({
      works: (await this.embeddable(model, request)).map((input) => workOf(model, input, task)),
      read: ({ data }) => (request.normalize ? toUnitLength(data) : data),
    }));
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

function askedOf({ model, inline, input }: Pick<TextRequest | EmbedRequest, 'model' | 'inline' | 'input'>) {
  return { model, inline, inputs: input.length };
}

function requireLabels({ labels, name }: ServedModel): HeadLabels {
  if (labels !== undefined) return labels;
  throw new ValidationError(`model: expected one with labels, got ${name}`, { param: 'model' });
}
