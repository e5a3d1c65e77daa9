import { loraOptions } from './options.js';
import { loraTrainable, startLora } from './lora.js';
import type { TrainingMethod } from './method.js';

/**
 * BitFit: all biases of the trunk and the head are trained, nothing else. PEFT has no method of that name; the files are
 * those of a LoRA with `bias: all` whose one factor, of rank 1 on the first query, stays zero. PEFT and we read them alike.
 *
 * Ben Zaken, Goldberg and Ravfogel 2022, "BitFit", arXiv:2106.10199.
 */
export const bitfit: TrainingMethod<'bitfit'> = {
  start(_options, context) {
    const carrier = loraOptions.parse({ name: 'lora', rank: 1, targets: ['query'], layers: [0], bias: 'all' });
    return loraTrainable(startLora(carrier, context), carrier, context, isNoFactor);
  },
  open: (files, _options, context) => loraTrainable(files, { rateRatio: 1 }, context, isNoFactor),
};

function isNoFactor(name: string): boolean {
  return !/\.lora_/.test(name);
}
