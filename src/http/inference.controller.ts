import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import type { z } from 'zod';
import { toBase64 } from '../serving/answers/embed.js';
import type { Caller } from '../serving/inference.js';
import { InferenceService } from '../serving/inference.service.js';
import { Answers, toList } from './answers.js';
import { inlineOf } from './inline-composition.js';
import { TenantMay } from './permission.js';
import { CurrentCaller } from './request-context.js';
import * as schemas from './schemas/inference.js';

@Controller('v1')
@ApiTags('inference')
@TenantMay('infer')
export class InferenceController {
  constructor(private readonly inference: InferenceService) {}

  @Post('classify')
  @HttpCode(200)
  @ApiOperation({ summary: 'A label for each text' })
  @Answers(schemas.ClassifyResponse)
  async classify(
    @CurrentCaller() caller: Caller,
    @Body({ schema: schemas.ClassifyRequest }) body: z.output<typeof schemas.ClassifyRequest>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const request = { ...body, ...inlineOf(body), topK: body.top_k };
    return toList(reply, await this.inference.classify(caller, request), (item) => item);
  }

  @Post('token_classify')
  @HttpCode(200)
  @ApiOperation({ summary: 'The entities of each text, with offsets in Unicode code points' })
  @Answers(schemas.TokenClassifyResponse)
  async tokenClassify(
    @CurrentCaller() caller: Caller,
    @Body({ schema: schemas.TokenClassifyRequest }) body: z.output<typeof schemas.TokenClassifyRequest>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return toList(reply, await this.inference.tokenClassify(caller, { ...body, ...inlineOf(body) }), (item) => item);
  }

  @Post('fill_mask')
  @HttpCode(200)
  @ApiOperation({ summary: 'What may stand in the place of each mask token' })
  @Answers(schemas.FillMaskResponse)
  async fillMask(
    @CurrentCaller() caller: Caller,
    @Body({ schema: schemas.FillMaskRequest }) body: z.output<typeof schemas.FillMaskRequest>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return toList(reply, await this.inference.fillMask(caller, { ...body, topK: body.top_k }), (item) => item);
  }

  @Post('embeddings')
  @HttpCode(200)
  @ApiOperation({ summary: 'A vector for each input, in the shape of the OpenAI API' })
  @Answers(schemas.EmbeddingsResponse)
  async embed(
    @CurrentCaller() caller: Caller,
    @Body({ schema: schemas.EmbeddingsRequest }) body: z.output<typeof schemas.EmbeddingsRequest>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return toList(reply, await this.inference.embed(caller, { ...body, ...inlineOf(body) }), (vector, index) => ({
      object: 'embedding' as const,
      index,
      embedding: body.encoding_format === 'base64' ? toBase64(vector) : Array.from(vector),
    }));
  }
}
