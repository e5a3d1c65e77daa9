import type { Value } from '../../engine/graph.js';
import { slice } from '../../engine/ops/slice.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import type { PrefixParts } from '../graph/module-values.js';
import type { ParameterValues } from '../graph/parameter-values.js';
import type { Parameter } from '../parameter.js';
import type { Trainable } from '../trainable.js';
import type { MethodContext, TrainingMethod } from './method.js';
import type { MethodOptions } from './options.js';
import { perceptron, startPerceptron } from './perceptron.js';
import { EMBEDDINGS, normalRows, openPrompt, startPrompt, type PromptFiles } from './prompt-files.js';

type PrefixOptions = Extract<MethodOptions, { name: 'prefix' }>;

/** Where the encoder of the tokens reads; a parameter that the files do not keep. */
const SEED = 'prompt_encoder.embedding.weight';
const ENCODER = 'prompt_encoder.transform';

/**
 * Prefix tuning (P-tuning v2): trained keys and values before those of the sequence, in every layer. With `projection` they
 * come out of tanh perceptrons over trained vectors, E·W₁ᵀ → tanh → ·W₂ᵀ, which PEFT and we drop when the files are written:
 * only what comes out is kept, and a later run goes on from it without projection.
 *
 * Li and Liang 2021, arXiv:2101.00190, §4.3; Liu et al. 2022, "P-Tuning v2", arXiv:2110.07602.
 */
export const prefix: TrainingMethod<'prefix'> = {
  start(options, context) {
    const { layers, hidden } = context.base.config;
    const width = 2 * layers * hidden;
    const start = (tokens: Tensor<'float32'>) =>
      startPrompt(context, tokens, {
        peft_type: 'PREFIX_TUNING',
        token_dim: hidden,
        encoder_hidden_size: options.projectionWidth ?? hidden,
        prefix_projection: options.projection,
      });
    if (!options.projection) return prefixTrainable(start(normalRows(context, options.tokens, width)), context);
    const empty = tensor('float32', [options.tokens, width], new Float32Array(options.tokens * width));
    return projectedPrefix(openPrefix(start(empty), context), options, context);
  },
  open: (files, _options, context) => prefixTrainable(files, context),
};

function openPrefix(files: ReadonlyMap<string, Uint8Array>, context: MethodContext): PromptFiles {
  return openPrompt(files, 'PREFIX_TUNING', 0, context);
}

function prefixTrainable(files: ReadonlyMap<string, Uint8Array>, context: MethodContext): Trainable {
  const opened = openPrefix(files, context);
  return {
    kind: 'adapter',
    parameters: opened.parameters,
    numbers: new Map(),
    promptTokens: 0,
    prefixTokens: opened.tokens,
    place: (values) => ({
      prefix: { tokens: opened.tokens, layers: layersOf(values.get(EMBEDDINGS), context) },
      whole: opened.whole(values),
    }),
    files: (values) => opened.files(values),
  };
}

function projectedPrefix(opened: PromptFiles, options: PrefixOptions, context: MethodContext): Trainable {
  const { layers, hidden } = context.base.config;
  const inner = options.projectionWidth ?? hidden;
  const widths = [hidden, inner, 2 * layers * hidden];
  const seed: Parameter = {
    name: SEED,
    shape: [opened.tokens, hidden],
    decay: true,
    rate: 1,
    layer: 0,
    initial: normalRows(context, opened.tokens, hidden),
  };
  const encoder = startPerceptron(ENCODER, widths, 0, context.random);
  return {
    kind: 'adapter',
    parameters: [seed, ...encoder, ...opened.head.map((each) => ({ ...each, rate: options.headRate * each.rate }))],
    numbers: new Map(),
    promptTokens: 0,
    prefixTokens: opened.tokens,
    place: (values) => ({
      prefix: { tokens: opened.tokens, layers: layersOf(project(values), context) },
      whole: opened.whole(values),
    }),
    derived: (values) => new Map([[EMBEDDINGS, project(values)]]),
    files: (values) => opened.files(values),
  };
}

function project(values: ParameterValues): Value {
  return perceptron(values, ENCODER, values.get(SEED), { layers: 2, activation: 'tanh' });
}

/** Keys and values of each layer out of rows [tokens, layers · (key, value) · hidden]. */
function layersOf(tokens: Value, { base }: MethodContext): PrefixParts[] {
  const { layers, hidden } = base.config;
  const part = (at: number): Value => slice(tokens, { starts: [at * hidden], ends: [(at + 1) * hidden], axes: [-1] });
  return Array.from({ length: layers }, (_, layer) => ({ keys: part(2 * layer), values: part(2 * layer + 1) }));
}
