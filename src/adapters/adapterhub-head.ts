import { IncompatibleAdapterError } from '../common/errors.js';
import { tensor } from '../engine/tensor.js';
import type { Activation, Dense, Head } from '../models/heads.js';
import type { HubHead } from './adapterhub-format.js';
import { hubActivation } from './activations.js';
import type { BrickBuilder } from './brick-builder.js';
import { booleanKey, integerKey, isConfig, stringKey, type Config } from './config.js';
import { honoured, ignored, judgeKeys, requireKeys, type KeyRules } from './key-rules.js';
import { expectShape, listed, type FloatTensor, type Weights } from './weights.js';

/** Keys of a head module's own configuration. */
const HEAD_MODULE_KEYS: KeyRules = {
  head_type: honoured,
  num_labels: honoured,
  layers: honoured,
  activation_function: honoured,
  label2id: honoured,
  use_pooler: honoured,
  bias: honoured,
  dropout_prob: ignored('dropout is off in inference'),
};

/** Puts a saved head on the base: a model's own head by its parameters, a head module by its layers. */
export function placeHubHead(head: HubHead | undefined, builder: BrickBuilder): void {
  if (head === undefined) return;
  const own = head.config.get('config');
  if (isConfig(own)) {
    builder.head.use(headModule(own, head, builder));
    return;
  }
  for (const [name, value] of head.weights) builder.save(name, value);
  checkLabelCount(head.config, builder);
}

/** `num_labels` of a model's own head must be what the tensors say. */
function checkLabelCount(config: Config, { head, places, task }: BrickBuilder): void {
  if (!config.has('num_labels') || task === 'masked_lm' || task === 'embedding') return;
  const out = task === 'token_classification' ? places.layout.token.out : places.layout.sequence.out;
  const outputs = head.dense(out).weight.shape[0]!;
  const labels = integerKey(config, 'num_labels', 1);
  if (labels !== outputs) throw refused('num_labels', `must be the head's ${outputs} outputs`, labels);
}

function headModule(config: Config, { config: outer, weights }: HubHead, builder: BrickBuilder): Head {
  requireKeys(judgeKeys(config, HEAD_MODULE_KEYS));
  const parts = new Parts(weights, `heads.${stringKey(outer, 'name')}`, builder.base.config.hidden);
  const layers = integerKey(config, 'layers', 1, 1);
  const activation = stringKey(config, 'activation_function', '');
  const labels = integerKey(config, 'num_labels', 1);
  const hasBias = booleanKey(config, 'bias', true);
  if (builder.task === 'token_classification') {
    if (layers !== 1) throw refused('layers', 'must be 1 for a tagging head', layers);
    return parts.finish({ kind: 'token', out: parts.dense(1, labels, hasBias) });
  }
  const pooled = booleanKey(config, 'use_pooler', false);
  if (layers > 2 || (layers === 2 && pooled)) throw refused('layers', 'must be 1, or 2 without use_pooler', layers);
  if (layers === 2) {
    // Dropout 0, Linear 1, activation 2 where there is one, Dropout, Linear.
    const out = parts.dense(activation === '' ? 3 : 4, labels, hasBias);
    const first = parts.dense(1, builder.base.config.hidden, true);
    return parts.finish({
      kind: 'sequence',
      dense: first,
      activation: hubActivation('activation_function', activation),
      out,
    });
  }
  const out = parts.dense(1, labels, hasBias);
  const { dense, activation: pooling } = pooled ? pooler(builder) : untouched(builder.base.config.hidden);
  return parts.finish({ kind: 'sequence', dense, activation: pooling, out });
}

function pooler({ base }: BrickBuilder): { dense: Dense; activation: Activation } {
  if (base.pooler) return base.pooler;
  throw new IncompatibleAdapterError('use_pooler: the base must have a pooler, got none', { param: 'use_pooler' });
}

/** The first position as it is: an identity in the place of the pooler. */
function untouched(width: number): { dense: Dense; activation: Activation } {
  const weight = new Float32Array(width * width);
  for (let at = 0; at < width; at++) weight[at * width + at] = 1;
  const dense = {
    weight: tensor('float32', [width, width], weight),
    bias: tensor('float32', [width], new Float32Array(width)),
  };
  return { dense, activation: 'identity' };
}

/** Takes the layers of a head module by number and sees that none is left over. */
class Parts {
  private readonly left: Map<string, FloatTensor>;

  constructor(
    weights: Weights,
    private readonly stem: string,
    private readonly width: number,
  ) {
    this.left = new Map(weights);
  }

  dense(index: number, outputs: number, hasBias: boolean): Dense {
    const weight = this.take(`${this.stem}.${index}.weight`, [outputs, this.width]);
    const bias = hasBias
      ? this.take(`${this.stem}.${index}.bias`, [outputs])
      : tensor('float32', [outputs], new Float32Array(outputs));
    return { weight, bias };
  }

  finish<H extends Head>(head: H): H {
    if (this.left.size === 0) return head;
    const rule = `head: every tensor must belong to ${this.stem}, got ${listed([...this.left.keys()])}`;
    throw new IncompatibleAdapterError(rule, { param: 'head' });
  }

  private take(name: string, shape: readonly number[]): FloatTensor {
    const found = this.left.get(name);
    if (!found) throw new IncompatibleAdapterError(`${name}: must be in the head's file, got nothing`, { param: name });
    expectShape(name, found, shape);
    this.left.delete(name);
    return found;
  }
}

function refused(key: string, rule: string, got: number): IncompatibleAdapterError {
  return new IncompatibleAdapterError(`${key}: ${rule}, got ${got}`, { param: key });
}
