import { z } from 'zod';
import { adapters, BrickShare, composition, NamedBrick } from './compositions.js';
import { checkedInput, readTexts, readTextsOrIds } from './checked-input.js';

const model = z
  .string()
  .min(1)
  .max(400)
  .describe('`base`, `name`, `name@alias` or `name@sha256:…`')
  .meta({ examples: ['clinc-banking'] });

const text = z.string();
const texts = z.array(text).min(1);
/** One text or several; handlers see a list. */
const input = checkedInput(z.union([text, texts]), 'expected a text or a list of at least one text', readTexts);
const truncate = z
  .boolean()
  .optional()
  .describe('Cut an input of too many tokens, or of more than 16 characters for each, instead of refusing it');
/** Accepted as OpenAI's clients send it; not stored. */
const user = z.string().max(512).optional();

/** What answers in the place of `model`, with its head. */
const inline = { composition: composition.optional(), adapters: adapters.optional() };

export const ClassifyRequest = z
  .strictObject({
    model,
    ...inline,
    input,
    top_k: z.int().min(1).max(1000).default(5).describe('How many labels to score, best first'),
    truncate,
    user,
  })
  .meta({ id: 'ClassifyRequest' });

export const TokenClassifyRequest = z
  .strictObject({ model, ...inline, input, truncate, user })
  .meta({ id: 'TokenClassifyRequest' });

export const FillMaskRequest = z
  .strictObject({ model, input, top_k: z.int().min(1).max(100).default(5), truncate, user })
  .meta({ id: 'FillMaskRequest' });

const tokenIds = z.array(z.int()).min(1);
export const EmbeddingsRequest = z
  .strictObject({
    model,
    ...inline,
    input: checkedInput(
      z
        .union([text, texts, tokenIds, z.array(tokenIds).min(1)])
        .describe("A text, several texts, token ids of the base's own tokenizer, or several lists of them"),
      'expected a text, a list of texts, a list of token ids, or a list of such lists',
      readTextsOrIds,
    ),
    encoding_format: z.enum(['float', 'base64']).default('float'),
    dimensions: z.int().min(1).optional().describe("Only the base's own width is possible"),
    pooling: z.enum(['mean', 'cls']).default('mean'),
    normalize: z.boolean().default(true).describe('Scale each vector to length 1'),
    truncate,
    user,
  })
  .meta({ id: 'EmbeddingsRequest' });

export const Usage = z.object({ prompt_tokens: z.int(), total_tokens: z.int() }).meta({ id: 'Usage' });

const LabelScore = z.object({ label: z.string(), score: z.number() }).meta({ id: 'LabelScore' });

/** What items of lists have where a composition answers. */
const composed = {
  answer: z.int().optional().describe('Of several answers to this input: which one'),
  shares: z.array(BrickShare).optional().describe('Of the bricks that were routed'),
};

/** What all lists of answers have around their data. */
const listOf = <T extends z.ZodType>(id: string, data: T) =>
  z
    .object({
      object: z.literal('list'),
      model: z.string(),
      version: z.string().describe('Digests of the versions that answered, joined by commas'),
      bricks: z.array(NamedBrick).optional().describe('Of a composition: what answered'),
      data: z.array(data),
      usage: Usage,
    })
    .meta({ id });

export const ClassifyResponse = listOf(
  'ClassifyResponse',
  z.object({
    index: z.int(),
    label: z.string(),
    score: z.number(),
    num_classes: z.int(),
    scores: z.array(LabelScore),
    ...composed,
  }),
);

export const TokenClassifyResponse = listOf(
  'TokenClassifyResponse',
  z.object({
    index: z.int(),
    entities: z.array(
      z.object({
        start: z.int().describe('First character, in Unicode code points'),
        end: z.int().describe('One past the last character'),
        text: z.string(),
        label: z.string(),
        score: z.number(),
      }),
    ),
    ...composed,
  }),
);

export const FillMaskResponse = listOf(
  'FillMaskResponse',
  z.object({
    index: z.int(),
    masks: z.array(
      z.object({
        start: z.int(),
        end: z.int(),
        candidates: z.array(z.object({ token: z.string(), token_id: z.int(), score: z.number() })),
      }),
    ),
  }),
);

export const EmbeddingsResponse = listOf(
  'EmbeddingsResponse',
  z.object({
    object: z.literal('embedding'),
    index: z.int(),
    embedding: z.union([z.array(z.number()), z.string()]).describe('Numbers, or little-endian float32 as base64'),
    ...composed,
  }),
);
