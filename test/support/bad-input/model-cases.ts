import { readSafetensors, writeSafetensors } from '../../../src/engine/io/safetensors.js';
import { tensor, type Tensor } from '../../../src/engine/tensor.js';

/** Files of a base model by name. */
export type ModelFiles = Map<string, Uint8Array>;

/** A base model that must not be served: what is done to a good one, and a part of what the process says. */
export interface BadModel {
  readonly what: string;
  readonly damage: (files: ModelFiles) => void;
  readonly message: string | RegExp;
}

const WEIGHTS = 'model.safetensors';

function config(change: object) {
  return json('config.json', (value) => ({ ...value, ...change }));
}

function json(name: string, edit: (value: Record<string, unknown>) => unknown) {
  return (files: ModelFiles): void => {
    const value = JSON.parse(new TextDecoder().decode(files.get(name))) as Record<string, unknown>;
    files.set(name, new TextEncoder().encode(JSON.stringify(edit(value))));
  };
}

function tensors(edit: (tensors: Map<string, Tensor>) => void) {
  return (files: ModelFiles): void => {
    const { tensors: held } = readSafetensors(files.get(WEIGHTS) ?? new Uint8Array());
    const values = new Map([...held].map(([name, value]) => [name, value.toTensor()]));
    edit(values);
    files.set(WEIGHTS, writeSafetensors(values));
  };
}

const QUERY = 'bert.encoder.layer.0.attention.self.query.weight';

export const BAD_MODELS: readonly BadModel[] = [
  { what: 'no files', damage: (files) => files.clear(), message: 'config.json: expected a file of that name' },
  { what: 'a configuration that is no JSON', damage: (files) => files.set('config.json', Uint8Array.of(0x7b)), message: 'config.json: expected JSON' },
  { what: 'an unknown architecture', damage: config({ model_type: 'llama' }), message: 'model_type: expected one of bert' },
  { what: 'a decoder', damage: config({ is_decoder: true }), message: 'is_decoder: expected false' },
  { what: 'rotary positions', damage: config({ position_embedding_type: 'rotary' }), message: 'position_embedding_type: expected' },
  { what: 'absurd sizes', damage: config({ hidden_size: 1e9 }), message: 'hidden_size: ' },
  { what: 'a width of 0', damage: config({ hidden_size: 0 }), message: 'hidden_size: ' },
  { what: 'no layers', damage: config({ num_hidden_layers: 0 }), message: 'num_hidden_layers: ' },
  { what: 'a tokenizer without a token', damage: json('tokenizer.json', (value) => ({ ...value, model: { type: 'WordPiece', vocab: {} } })), message: /tokenizer\.json: .*vocab: expected at least one token/ },
  { what: 'heads that do not divide the width', damage: config({ num_attention_heads: 7 }), message: 'attention heads: expected a divisor' },
  { what: 'a layer more than the file has', damage: config({ num_hidden_layers: 5 }), message: 'encoder.layer.4' },
  { what: 'a layer fewer than the file has', damage: config({ num_hidden_layers: 3 }), message: 'encoder.layer.3' },
  { what: 'no safetensors but a pickle', damage: (files) => {
    files.set('pytorch_model.bin', files.get(WEIGHTS) ?? new Uint8Array());
    files.delete(WEIGHTS);
  }, message: 'got only pytorch_model.bin' },
  { what: 'no weights', damage: (files) => files.delete(WEIGHTS), message: 'got neither' },
  { what: 'weights cut short', damage: (files) => files.set(WEIGHTS, (files.get(WEIGHTS) ?? new Uint8Array()).subarray(0, 1_000_000)), message: /model\.safetensors: .*file of 1000000 bytes/ },
  { what: 'a missing tensor', damage: tensors((held) => held.delete(QUERY)), message: 'attention.self.query.weight: expected [256, 256], got no such tensor' },
  { what: 'a misshapen tensor', damage: tensors((held) => held.set(QUERY, tensor('float32', [256, 1], new Float32Array(256)))), message: 'expected [256, 256], got [256, 1]' },
  { what: 'a number that is none', damage: tensors((held) => (held.get(QUERY)!.data[0] = NaN)), message: 'expected finite numbers, got NaN' },
  { what: 'no tokenizer', damage: (files) => files.delete('tokenizer.json'), message: 'tokenizer.json: expected a file' },
  { what: 'a tokenizer that is no object', damage: (files) => files.set('tokenizer.json', new TextEncoder().encode('[]')), message: 'tokenizer.json: expected a JSON object' },
  { what: 'a tokenizer of another base', damage: json('tokenizer.json', (value) => {
    const [token, ...others] = value['added_tokens'] as { id: number; content: string }[];
    return { ...value, added_tokens: [token, ...others, { ...token, id: 8192, content: '[NEW]' }] };
  }), message: 'expected ids below the vocab_size 8192' },
  { what: 'an unknown part of a tokenizer', damage: json('tokenizer.json', (value) => ({ ...value, normalizer: { type: 'Magic' } })), message: /tokenizer\.json.*Magic/ },
]; // prettier-ignore
