import type { PromptCheckpoint } from '../../adapters/peft-prompt.js';
import { peftFiles, PROMPT_PREFIX } from '../../adapters/peft-format.js';
import { Places } from '../../adapters/places.js';
import type { Config } from '../../adapters/config.js';
import type { Value } from '../../engine/graph.js';
import { tensor, type Tensor } from '../../engine/tensor.js';
import type { ParameterValues } from '../graph/parameter-values.js';
import type { Parameter, ParameterTensors } from '../parameter.js';
import { savedNames, startHead } from './head-start.js';
import type { MethodContext } from './method.js';
import { openPeft, peftConfig, writePeft } from './peft-files.js';
import { isDecayed } from './tuner-parameters.js';
import type { Weights } from '../../adapters/weights.js';

export const EMBEDDINGS = 'prompt_embeddings';

/** An opened prompt-learning adapter of PEFT. */
export interface PromptFiles {
  readonly config: Config;
  readonly tensors: Weights;
  readonly tokens: number;
  readonly embeddings: Tensor<'float32'>;
  /** The virtual tokens themselves, then the head. */
  readonly parameters: readonly Parameter[];
  readonly head: readonly Parameter[];
  whole(values: ParameterValues): Map<string, Value>;
  files(values: ParameterTensors): Map<string, Uint8Array>;
}

/** @param layer  the lowest layer that the tokens act on */
export function openPrompt(
  files: ReadonlyMap<string, Uint8Array>,
  type: string,
  layer: number,
  context: MethodContext,
): PromptFiles {
  const { checkpoint, tensors } = openPeft<PromptCheckpoint>(files, type, context);
  const { embeddings, saved, config } = checkpoint;
  const places = new Places(context.base);
  const paths = [...saved.keys()];
  const parameter = (name: string, held: Tensor<'float32'>, at: number): Parameter => {
    return { name, shape: held.shape, decay: isDecayed(name), rate: 1, layer: at, initial: held };
  };
  const head = paths.map((path) => parameter(PROMPT_PREFIX + path, saved.get(path)!, context.base.config.layers));
  return {
    config,
    tensors,
    tokens: embeddings.shape[0] ?? 0,
    embeddings,
    parameters: [parameter(EMBEDDINGS, embeddings, layer), ...head],
    head,
    whole: (values) => new Map(paths.map((path) => [places.canonical(path), values.get(PROMPT_PREFIX + path)])),
    files: (values) => writePeft(config, tensors, values),
  };
}

/** Files with these virtual tokens [tokens, width] and a new head. */
export function startPrompt(
  context: MethodContext,
  embeddings: Tensor<'float32'>,
  own: Readonly<Record<string, unknown>>,
): Map<string, Uint8Array> {
  const { config } = context.base;
  const head = startHead(context);
  const weights = new Map<string, Tensor<'float32'>>([[EMBEDDINGS, embeddings]]);
  for (const [path, held] of head) weights.set(PROMPT_PREFIX + path, held);
  const keys = peftConfig(context, {
    num_virtual_tokens: embeddings.shape[0] ?? 0,
    token_dim: config.embedding,
    num_transformer_submodules: 1,
    num_attention_heads: config.heads,
    num_layers: config.layers,
    modules_to_save: head.size > 0 ? savedNames(head) : null,
    ...own,
  });
  return new Map(peftFiles(keys, weights));
}

/** Rows N(0, 1), as `torch.nn.Embedding` starts. */
export function normalRows({ random }: MethodContext, rows: number, width: number): Tensor<'float32'> {
  return tensor('float32', [rows, width], random.normals(rows * width, 1));
}
