import type { Value } from '../engine/graph.js';
import { gelu } from '../engine/ops/gelu.js';
import { geluTanh } from '../engine/ops/gelu-tanh.js';
import { leakyRelu } from '../engine/ops/leaky-relu.js';
import { relu } from '../engine/ops/relu.js';
import { relu6 } from '../engine/ops/relu6.js';
import { sigmoid } from '../engine/ops/sigmoid.js';
import { silu } from '../engine/ops/silu.js';
import { tanh } from '../engine/ops/tanh.js';
import type { Activation } from './heads.js';

const APPLY: Record<Activation, (x: Value) => Value> = {
  gelu,
  gelu_new: geluTanh,
  relu,
  silu,
  tanh,
  sigmoid,
  leaky_relu: (x) => leakyRelu(x, 0.01),
  relu6,
  identity: (x) => x,
};

/** The activation at every element; `gelu_new` is the tanh form, `leaky_relu` has slope 0.01 below zero. */
export function activate(x: Value, activation: Activation): Value {
  return APPLY[activation](x);
}

/** Hugging Face names with the same function under several spellings. */
const NAMES: Record<string, Activation> = {
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_new: 'gelu_new',
  gelu_fast: 'gelu_new',
  gelu_accurate: 'gelu_new',
  gelu_pytorch_tanh: 'gelu_new',
  relu: 'relu',
  silu: 'silu',
  swish: 'silu',
  tanh: 'tanh',
  sigmoid: 'sigmoid',
  leaky_relu: 'leaky_relu',
  relu6: 'relu6',
  linear: 'identity',
};

/** The activation that a configuration names, or nothing when we have none of that name. */
export function findActivation(name: string): Activation | undefined {
  return Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
}

export const ACTIVATION_NAMES: readonly string[] = Object.keys(NAMES);
