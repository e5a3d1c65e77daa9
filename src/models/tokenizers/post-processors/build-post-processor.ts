import { asArray, buildTagged, type Builder, type JsonObject } from '../json.js';
import { buildBertProcessing, buildRobertaProcessing } from './bert.js';
import { buildByteLevelProcessor } from './byte-level.js';
import type { PostProcessor } from './post-processor.js';
import { buildTemplateProcessing } from './template.js';

const BUILDERS: Readonly<Record<string, Builder<PostProcessor>>> = {
  BertProcessing: buildBertProcessing,
  ByteLevel: buildByteLevelProcessor,
  RobertaProcessing: buildRobertaProcessing,
  Sequence: buildSequence,
  TemplateProcessing: buildTemplateProcessing,
};

export function buildPostProcessor(json: unknown, where = 'post_processor'): PostProcessor {
  return buildTagged(BUILDERS, json, where);
}

function buildSequence(fields: JsonObject, where: string): PostProcessor {
  const steps = asArray(fields['processors'], `${where}.processors`).map((step, i) =>
    buildPostProcessor(step, `${where}.processors[${i}]`),
  );
  return {
    added: (isPair) => steps.reduce((sum, step) => sum + step.added(isPair), 0),
    process: (drafts, addSpecial) => steps.reduce((result, step) => step.process(result, addSpecial), drafts),
  };
}
