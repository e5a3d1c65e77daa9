import { IncompatibleAdapterError } from '../../common/errors.js';
import type { AdapterTask } from '../../adapters/adapter-base.js';
import type { Config } from '../../adapters/config.js';
import { toConfig } from '../../adapters/config.js';
import type { AdapterFiles } from '../../adapters/files.js';
import { requireKeys } from '../../adapters/key-rules.js';
import type { Checkpoint } from '../../adapters/methods/method.js';
import { openAdapter, sourceOf } from '../../adapters/open.js';
import { PEFT_WEIGHTS, peftFiles } from '../../adapters/peft-format.js';
import { resolveCheckpoint } from '../../adapters/resolve.js';
import { readWeights, requireFile, type Weights } from '../../adapters/weights.js';
import { requireFamily } from '../../models/families.js';
import type { ParameterTensors } from '../parameter.js';
import type { TrainingBase } from '../step/run-model.js';
import type { MethodContext } from './method.js';

export interface OpenFiles<C extends Checkpoint> {
  readonly checkpoint: C;
  /** Tensors by the names that PEFT writes. */
  readonly tensors: Weights;
}

/**
 * Opens a PEFT adapter to train it: read and resolved on the base as if it were to be served.
 *
 * @param type  the `peft_type` it must have
 */
export function openPeft<C extends Checkpoint>(
  files: AdapterFiles,
  type: string,
  { base, task }: MethodContext,
): OpenFiles<C> {
  const opened = openAdapter(files);
  if (opened.format !== 'peft' || opened.type !== type) {
    const got = `${opened.type} (${opened.format})`;
    throw new IncompatibleAdapterError(`training: files: must be of ${type} (peft), got ${got}`, {
      param: 'peft_type',
    });
  }
  requireKeys(opened.verdicts);
  const checkpoint = opened.method.read(sourceOf(opened, files));
  resolveCheckpoint(opened.method, checkpoint, base, { task });
  const tensors = readWeights(requireFile(opened.method.write(checkpoint), PEFT_WEIGHTS), PEFT_WEIGHTS);
  return { checkpoint: checkpoint as C, tensors };
}

/** The files of an adapter with new values in the place of the old. */
export function writePeft(config: Config, tensors: Weights, values: ParameterTensors): Map<string, Uint8Array> {
  return new Map(peftFiles(config, new Map([...tensors].map(([name, held]) => [name, values.get(name) ?? held]))));
}

const TASK_TYPES: Readonly<Record<AdapterTask, string | null>> = {
  sequence_classification: 'SEQ_CLS',
  token_classification: 'TOKEN_CLS',
  embedding: 'FEATURE_EXTRACTION',
  masked_lm: null,
};

const CLASSES: Readonly<Record<string, readonly [prefix: string, module: string]>> = {
  bert: ['Bert', 'bert'],
  roberta: ['Roberta', 'roberta'],
  'xlm-roberta': ['XLMRoberta', 'xlm_roberta'],
  distilbert: ['DistilBert', 'distilbert'],
  electra: ['Electra', 'electra'],
  mpnet: ['MPNet', 'mpnet'],
};

const SUFFIXES: Readonly<Record<AdapterTask, string>> = {
  sequence_classification: 'ForSequenceClassification',
  token_classification: 'ForTokenClassification',
  embedding: 'Model',
  masked_lm: 'ForMaskedLM',
};

/** The class of Hugging Face that answers the task, e.g. `BertForMaskedLM`. */
export function taskClass({ config }: TrainingBase, task: AdapterTask): string {
  return `${CLASSES[config.modelType]?.[0] ?? ''}${SUFFIXES[task]}`;
}

/**
 * Keys that PEFT writes for every method. A task that PEFT has no name for is told by its class; so is one whose head is not
 * the adapter's, for PEFT takes the names of tasks as a promise of a head.
 */
export function peftConfig(
  { base, task, isHeadFrozen }: Pick<MethodContext, 'base' | 'task' | 'isHeadFrozen'>,
  own: Readonly<Record<string, unknown>>,
): Config {
  const module = CLASSES[base.config.modelType]?.[1] ?? base.config.modelType;
  const mapping = {
    base_model_class: taskClass(base, task),
    parent_library: `transformers.models.${module}.modeling_${module}`,
  };
  const type = isHeadFrozen ? null : TASK_TYPES[task];
  return toConfig({
    auto_mapping: type === null ? mapping : null,
    base_model_name_or_path: null,
    inference_mode: true,
    revision: null,
    task_type: type,
    ...own,
  });
}

/** What stands before the modules of the trunk in the task's model: nothing in the bare one. */
export function trunkPrefix({ base, task }: Pick<MethodContext, 'base' | 'task'>): string {
  return task === 'embedding' ? '' : requireFamily(base.config.modelType).prefix;
}
