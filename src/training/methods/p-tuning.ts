import type { Value } from '../../engine/graph.js';
import { tensor } from '../../engine/tensor.js';
import type { ParameterValues } from '../graph/parameter-values.js';
import type { Trainable } from '../trainable.js';
import { lstm, startLstm, type LstmShape } from './lstm.js';
import type { MethodContext, TrainingMethod } from './method.js';
import type { MethodOptions } from './options.js';
import { perceptron, startPerceptron } from './perceptron.js';
import { EMBEDDINGS, normalRows, openPrompt, startPrompt } from './prompt-files.js';
import { promptTrainable } from './prompt.js';

type PTuningOptions = Extract<MethodOptions, { name: 'p_tuning' }>;

const SEED = 'prompt_encoder.embedding.weight';
const MLP = 'prompt_encoder.mlp_head';
const LSTM = 'prompt_encoder.lstm_head';
const LSTM_LAYERS = 2;

/**
 * P-tuning: virtual input tokens that an encoder makes out of trained vectors: three linear layers with ReLU, or a two-layer
 * bidirectional LSTM and two linear layers, as PEFT's `PromptEncoder`. The files keep what the encoder puts out, and a later
 * run goes on from it without the encoder.
 *
 * Liu et al. 2021, "GPT Understands, Too", arXiv:2103.10385, §3.2.
 */
export const pTuning: TrainingMethod<'p_tuning'> = {
  start: startEncoded,
  open: (files, _options, context) => promptTrainable(files, 'P_TUNING', context),
};

function startEncoded(options: PTuningOptions, context: MethodContext): Trainable {
  const { tokens, encoder } = options;
  const { embedding: width } = context.base.config;
  const inner = options.width ?? width;
  const empty = tensor('float32', [tokens, width], new Float32Array(tokens * width));
  const files = startPrompt(context, empty, {
    peft_type: 'P_TUNING',
    encoder_reparameterization_type: encoder === 'mlp' ? 'MLP' : 'LSTM',
    encoder_hidden_size: inner,
    encoder_num_layers: LSTM_LAYERS,
    encoder_dropout: 0,
  });
  const opened = openPrompt(files, 'P_TUNING', -1, context);
  const { random } = context;
  const shape: LstmShape = { layers: LSTM_LAYERS, hidden: inner, steps: tokens };
  const initial = normalRows(context, tokens, width);
  const seed = { name: SEED, shape: initial.shape, decay: true, rate: 1, layer: -1, initial };
  const parts =
    encoder === 'mlp'
      ? startPerceptron(MLP, [width, inner, inner, width], -1, random)
      : [
          ...startLstm(LSTM, width, shape, -1, random),
          ...startPerceptron(MLP, [2 * inner, 2 * inner, width], -1, random),
        ];

  function encode(values: ParameterValues): Value {
    const x = values.get(SEED);
    if (encoder === 'mlp') return perceptron(values, MLP, x, { layers: 3, activation: 'relu' });
    return perceptron(values, MLP, lstm(values, LSTM, x, shape), { layers: 2, activation: 'relu' });
  }

  return {
    kind: 'adapter',
    parameters: [seed, ...parts, ...opened.head],
    numbers: new Map(),
    promptTokens: tokens,
    prefixTokens: 0,
    place: (values) => ({ prompt: { tokens, embeddings: encode(values) }, whole: opened.whole(values) }),
    derived: (values) => new Map([[EMBEDDINGS, encode(values)]]),
    files: (values) => opened.files(values),
  };
}
