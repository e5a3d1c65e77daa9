import type { AdapterFiles } from '../../src/adapters/files.js';
import { writeSafetensors } from '../../src/engine/io/safetensors.js';
import { json, randomTensors, type Tensors } from './peft-adapter.js';

export interface HubAdapter {
  readonly config: Record<string, unknown>;
  readonly tensors: Tensors;
  readonly outer?: Record<string, unknown>;
  /** head_config.json and its tensors. */
  readonly head?: { readonly config: Record<string, unknown>; readonly tensors: Tensors };
}

/** The files of an AdapterHub adapter named `tenant`. */
export function hubAdapter({ config, tensors, outer, head }: HubAdapter): AdapterFiles {
  const files = new Map([
    ['adapter_config.json', json({ ...OUTER, ...outer, config })],
    ['adapter.safetensors', writeSafetensors(new Map(Object.entries(tensors)))],
  ]);
  if (head) {
    files.set('head_config.json', json({ ...OUTER, name: null, config: null, ...head.config }));
    files.set('model_head.safetensors', writeSafetensors(new Map(Object.entries(head.tensors))));
  }
  return files;
}

const OUTER = {
  hidden_size: 12,
  model_class: 'BertForSequenceClassification',
  model_name: 'tiny',
  model_type: 'bert',
  name: 'tenant',
  version: 'adapters.1.2.0',
};

/** The saved head of a BERT classifier with two labels. */
export function hubHead(): { config: Record<string, unknown>; tensors: Tensors } {
  return {
    config: { num_labels: 2, label2id: { no: 0, yes: 1 } },
    tensors: randomTensors({ 'classifier.weight': [2, 12], 'classifier.bias': [2] }, 11),
  };
}

/** Tensors of bottlenecks of `width` in modules such as `bert.encoder.layer.0.output`. */
export function bottleneckTensors(modules: readonly string[], width: number): Tensors {
  const shapes = modules.flatMap((module): [string, number[]][] => [
    [`${module}.adapters.tenant.adapter_down.0.weight`, [width, 12]],
    [`${module}.adapters.tenant.adapter_down.0.bias`, [width]],
    [`${module}.adapters.tenant.adapter_up.weight`, [12, width]],
    [`${module}.adapters.tenant.adapter_up.bias`, [12]],
  ]);
  return randomTensors(Object.fromEntries(shapes));
}
