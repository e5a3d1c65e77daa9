import { Injectable } from '@nestjs/common';
import { PEFT_CONFIG } from '../adapters/peft-format.js';
import { labelPrior } from '../adapters/verbaliser/label-prior.js';
import { labelTokens } from '../adapters/verbaliser/label-tokens.js';
import { Template } from '../adapters/verbaliser/template.js';
import { readVerbaliser, VERBALISER_FILE, writeVerbaliser } from '../adapters/verbaliser/verbaliser-file.js';
import { ValidationError } from '../common/errors.js';
import type { RowResult } from '../runtime/protocol.js';
import { encodePrompts } from './encode-prompts.js';
import { Inference, type Caller } from './inference.js';
import { workOf } from './row-builder.js';

/** Measures the prior of a verbaliser on the base, before it becomes a version. */
@Injectable()
export class PromptCalibration {
  constructor(private readonly inference: Inference) {}

  /**
   * @param files  of an adapter, by name
   * @returns      verbaliser.json with the prior that its texts without content show; undefined where it asks for none, or
   *               has one
   * @throws ValidationError  when an adapter lies beside it, which the base's answers say nothing about
   */
  async calibrated(caller: Caller, files: ReadonlyMap<string, Uint8Array>): Promise<Uint8Array | undefined> {
    const verbaliser = readVerbaliser(files);
    if (!verbaliser?.calibration || verbaliser.prior) return undefined;
    if (files.has(PEFT_CONFIG)) {
      throw new ValidationError(
        'calibration: expected the prior too where an adapter lies beside it (a job measures it), got none',
        { param: VERBALISER_FILE },
      );
    }
    const { calibration: texts } = verbaliser;
    const { tokenizer } = this.inference.parts;
    const template = Template.parse(verbaliser.template);
    const tokens = labelTokens(verbaliser, tokenizer);
    const { data } = await this.inference.answer(
      caller,
      { operation: 'calibrate', model: 'base', task: 'masked_lm', inputs: texts.length },
      async (model) => {
        const limits = { maxTokens: this.inference.maxTokens(model), truncate: false };
        const prompts = await encodePrompts(tokenizer, texts, template, limits);
        const read = ({ data: logits }: RowResult): Float32Array =>
          Float32Array.from(tokens, (own) => meanOf(own.map((token) => logits[token] ?? 0)));
        const works = prompts.map(({ encoding, mask }) =>
          workOf(model, encoding, { kind: 'masked_lm', positions: [mask] }),
        );
        return { works, read };
      },
    );
    return writeVerbaliser({ ...verbaliser, prior: labelPrior(data) });
  }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
