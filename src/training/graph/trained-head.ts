import { IncompatibleAdapterError } from '../../common/errors.js';
import type { AdapterBase, AdapterTask } from '../../adapters/adapter-base.js';
import type { Dim } from '../../engine/dim.js';
import type { Graph, Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { gather } from '../../engine/ops/gather.js';
import { matmul } from '../../engine/ops/matmul.js';
import { mul } from '../../engine/ops/mul.js';
import { reshape, unsqueeze } from '../../engine/ops/reshape.js';
import { sub } from '../../engine/ops/sub.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import { applyHead, type DenseValues } from '../../models/head-graph.js';
import type { HeadLayout } from '../../models/head-layout.js';
import type { Dense } from '../../models/heads.js';
import { firstPosition } from '../../models/pooling.js';
import type { PromptHead } from '../step/run-model.js';
import type { Dropout } from './dropout.js';
import { swapLast, type ModuleValues } from './module-values.js';
import type { ParameterValues } from './parameter-values.js';

const WORDS = 'embeddings.word_embeddings.weight';

/** What a head is built from. */
export interface HeadContext {
  readonly graph: Graph;
  readonly base: AdapterBase;
  readonly layout: HeadLayout;
  readonly values: ParameterValues;
  /** Trained tensors by canonical name. */
  readonly whole: ReadonlyMap<string, Value>;
  /** What is done to layers, by canonical name. */
  readonly modules: ReadonlyMap<string, ModuleValues>;
  readonly dropout: Dropout;
  /** For masked_lm: labels in the place of the vocabulary. */
  readonly prompt?: PromptHead | undefined;
}

/**
 * The task's head with its trained parts, and the base's own in the place of the others.
 *
 * @param x  hidden states: [batch, seq, hidden] for sequence and token, [positions, hidden] for masked_lm
 * @returns  [batch, labels], [batch, seq, labels] or [positions, vocabulary], of a prompt [positions, labels]
 */
export function applyTrainedHead(task: Exclude<AdapterTask, 'embedding'>, x: Value, context: HeadContext): Value {
  if (task === 'sequence_classification') return sequence(x, context);
  if (task === 'token_classification') {
    const { token } = context.layout;
    const out = dense(token.out, context.base.heads.token?.out, context);
    return applyHead({ kind: 'token' }, context.dropout.drop('head', 'head', x), { out });
  }
  return maskedLm(x, context);
}

function sequence(x: Value, context: HeadContext): Value {
  const { layout, base, values } = context;
  const { sequence: own, pooler } = { sequence: layout.sequence, pooler: layout.pooler };
  const pooled = pooler?.dense === own.dense ? base.pooler?.dense : undefined;
  const first = firstPosition(x); // [batch, hidden]
  const dropped = context.dropout.drop('head', 'head', first);
  const rows = values.isSingle ? dropped : unsqueeze(dropped, [1]); // [batch, 1, hidden] with a matrix for each row
  const logits = applyHead({ kind: 'sequence', activation: own.activation }, rows, {
    dense: dense(own.dense, base.heads.sequence?.dense ?? pooled, context),
    out: dense(own.out, base.heads.sequence?.out, context),
  });
  if (values.isSingle) return logits;
  const [batch, , labels] = logits.shape as [Dim, Dim, Dim];
  return reshape(logits, [batch, labels]);
}

function maskedLm(x: Value, context: HeadContext): Value {
  const { graph, base, layout, whole } = context;
  const { dense: module, norm, decoder, decoderBias, activation, epsilon } = layout.maskedLm;
  const own = base.heads.maskedLm;
  const weight =
    own && own.decoder.weight === base.weights.get(WORDS)
      ? (whole.get(WORDS) ?? graph.weight(WORDS, own.decoder.weight))
      : tensorOf(`${decoder}.weight`, own?.decoder.weight, context);
  return applyHead({ kind: 'masked_lm', activation, epsilon }, x, {
    dense: dense(module, own?.dense, context),
    norm: {
      gain: tensorOf(`${norm}.weight`, own?.norm.gain, context),
      bias: tensorOf(`${norm}.bias`, own?.norm.bias, context),
    },
    out: ofLabels({ weight, bias: tensorOf(decoderBias, own?.decoder.bias, context) }, context),
  });
}

/** The decoder's rows of each label's tokens, averaged: a mean of linear functions is one. */
function ofLabels({ weight, bias }: DenseValues, { graph, prompt }: HeadContext): DenseValues {
  if (!prompt) return { weight, bias };
  const flat = prompt.tokens.flat();
  const shares = prompt.tokens.flatMap((own, label) => {
    return prompt.tokens.flatMap((tokens, owner) => tokens.map(() => (owner === label ? 1 / own.length : 0)));
  });
  const labels = prompt.tokens.length;
  const tokens = graph.constant(tensor('int32', [flat.length], Int32Array.from(flat)));
  const means = graph.constant(tensor('float32', [labels, flat.length], Float32Array.from(shares)));
  const prior = graph.constant(
    tensor('float32', [labels], Float32Array.from(prompt.prior ?? Array<number>(labels).fill(0))),
  );
  return {
    weight: matmul(means, gather(weight, tokens)), // [labels, width]
    bias: sub(reshape(matmul(means, unsqueeze(gather(bias, tokens), [1])), [labels]), prior),
  };
}

/** A layer of the head with what is trained of it: whole tensors, then W' = diag(o)·W·diag(i) + B·A and b' = (o ⊙) b + c. */
function dense(module: string, own: Dense | undefined, context: HeadContext): DenseValues {
  const { values, whole, modules } = context;
  const update = modules.get(module);
  const weightName = `${module}.weight`;
  const biasName = `${module}.bias`;
  const weight = tensorOf(weightName, own?.weight, context);
  const bias = tensorOf(biasName, own?.bias, context);
  if (!update) {
    return {
      weight: whole.has(weightName) ? values.byRow(weight) : weight,
      bias: whole.has(biasName) ? values.vectorByRow(bias) : bias,
    };
  }
  const { lowRank, outputScale, inputScale, scalesBias, biasDelta } = update;
  const byOutput = outputScale ? mul(weight, unsqueeze(outputScale, [-1])) : weight;
  const scaled = inputScale ? mul(byOutput, unsqueeze(inputScale, [-2])) : byOutput;
  const merged = lowRank ? add(scaled, matmul(swapLast(lowRank.b), lowRank.a)) : scaled;
  const before = scalesBias && outputScale ? mul(bias, outputScale) : bias;
  const shifted = biasDelta ? add(before, biasDelta) : before;
  const isOfRuns = (value: Value, axes: number): boolean => value.shape.length > axes;
  return {
    weight: isOfRuns(merged, 2) ? values.byRow(merged) : merged,
    bias: isOfRuns(shifted, 1) ? values.vectorByRow(shifted) : shifted,
  };
}

/** A trained tensor where there is one, else the base's. */
function tensorOf(name: string, own: Tensor<'float32'> | undefined, { graph, whole, base }: HeadContext): Value {
  const trained = whole.get(name);
  if (trained) return trained;
  if (own) return graph.weight(base.weights.get(name) === own ? name : `head.${name}`, own);
  throw new IncompatibleAdapterError(`${name}: must come with the adapter or the base, got neither`, { param: name });
}
