import type { AdapterFiles } from '../../../src/adapters/files.js';
import { readSafetensors, writeSafetensors } from '../../../src/engine/io/safetensors.js';
import { tensor, type Tensor } from '../../../src/engine/tensor.js';
import { formOf, generateAdapter, type GeneratedKind } from '../generated-adapters.js';
import { rawSafetensors } from '../raw-safetensors.js';
import { invalid, type BadCase, type Refusal } from './bad-case.js';

const GOOD: ReadonlyMap<GeneratedKind, AdapterFiles> = new Map(
  (['lora', 'dora', 'ia3', 'prefix', 'prompt', 'pfeiffer'] as const).map((kind) => [
    kind,
    generateAdapter({ kind, labels: 3, seed: 2 }),
  ]),
);
const CONFIG = 'adapter_config.json';
const WEIGHTS = 'adapter_model.safetensors';
const HUB_WEIGHTS = 'adapter.safetensors';
const TRUNK = 'base_model.model.bert.encoder.layer';
const QUERY_A = `${TRUNK}.0.attention.self.query.lora_A.weight`;
const QUERY_B = `${TRUNK}.0.attention.self.query.lora_B.weight`;

type Tensors = Map<string, Tensor>;

/** @param param  null where it is a place inside the adapter, which the message names too */
const unfit = (param: string | null, message: string | RegExp): Refusal => {
  return { status: 422, code: 'incompatible_adapter', ...(param !== null && { param }), message };
};
const damaged = (message: string | RegExp): Refusal => ({ status: 400, code: 'invalid_value', message });
const upload = (what: string, files: AdapterFiles, refusal: Refusal): BadCase => {
  return { what, call: 'POST /v1/adapters', body: formOf(files, { name: 'bad' }), refusal };
};

/** A good adapter with one file put in its place. */
function withFile(kind: GeneratedKind, name: string, content: Uint8Array | string): AdapterFiles {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return new Map(GOOD.get(kind)).set(name, bytes);
}

function configOf(kind: GeneratedKind): Record<string, unknown> {
  return JSON.parse(new TextDecoder().decode(GOOD.get(kind)?.get(CONFIG))) as Record<string, unknown>;
}

/** A good adapter with other keys; `undefined` leaves one out. */
function withConfig(kind: GeneratedKind, change: object): AdapterFiles {
  return withFile(kind, CONFIG, JSON.stringify({ ...configOf(kind), ...change }));
}

/** A good AdapterHub adapter with other keys of its method. */
function withHub(change: object): AdapterFiles {
  return withConfig('pfeiffer', { config: { ...(configOf('pfeiffer')['config'] as object), ...change } });
}

/** A good adapter whose tensors were changed. */
function withTensors(kind: GeneratedKind, edit: (tensors: Tensors) => void): AdapterFiles {
  const name = kind === 'pfeiffer' ? HUB_WEIGHTS : WEIGHTS;
  const held = readSafetensors(GOOD.get(kind)?.get(name) ?? new Uint8Array()).tensors;
  const tensors: Tensors = new Map([...held].map(([key, value]) => [key, value.toTensor()]));
  edit(tensors);
  return withFile(kind, name, writeSafetensors(tensors));
}

const zeros = (...shape: number[]): Tensor =>
  tensor('float32', shape, new Float32Array(shape.reduce((product, size) => product * size, 1)));

/** A safetensors file with a header written by hand. */
function safetensors(header: string, data = new Uint8Array(), length = BigInt(Buffer.byteLength(header))): Uint8Array {
  const start = new Uint8Array(8);
  new DataView(start.buffer).setBigUint64(0, length, true);
  return Buffer.concat([start, Buffer.from(header), data]);
}

const METHODS: readonly BadCase[] = [
  ...[
    'LOKR', 'OFT', 'BOFT', 'FOURIERFT', 'C3A', 'SHIRA', 'MISS', 'BONE', 'ROAD', 'HIRA', 'RANDLORA', 'VBLORA', 'XLORA', 'POLY', 'CPT',
    'ADAPTION_PROMPT', 'MULTITASK_PROMPT_TUNING', 'TRAINABLE_TOKENS', 'lora', '__proto__', '',
  ].map((type) => upload(`the PEFT method ${type || '(empty)'}`, withConfig('lora', { peft_type: type }), unfit('peft_type', `got "${type}"`))),
  ...['prefix_tuning', 'prompt_tuning', 'reft', 'mtl_lora', 'union', 'nonsense'].map((architecture) =>
    upload(`the AdapterHub method ${architecture}`, withHub({ architecture }), unfit('architecture', `got "${architecture}"`))),
  upload('a number for the method', withConfig('lora', { peft_type: 5 }), unfit('peft_type', 'must be a string, got 5')),
  upload('no method', withConfig('lora', { peft_type: undefined }), invalid(CONFIG, 'must have peft_type')),
]; // prettier-ignore

/** Keys of LoRA that ask for something else than LoRA. */
const LORA_KEYS: readonly (readonly [key: string, value: unknown])[] = [
  ['megatron_config', { a: 1 }], ['trainable_token_indices', [1, 2]], ['velora_config', { a: 1 }], ['alora_invocation_tokens', [1]],
  ['use_qalora', true], ['monteclora_config', { a: 1 }], ['layer_replication', [[0, 2]]], ['target_parameters', ['x']],
  ['use_bdlora', { a: 1 }], ['arrow_config', { a: 1 }], ['kasa_config', { a: 1 }], ['ensure_weight_tying', true], ['enable_lora', [true]],
  ['init_lora_weights', 'pissa'], ['init_lora_weights', 'loftq'], ['bias', 'some'], ['a_key_of_tomorrow', 1], ['__proto__x', {}],
]; // prettier-ignore

const KEYS: readonly BadCase[] = [
  ...LORA_KEYS.map(([key, value]) => upload(`LoRA with ${key} ${JSON.stringify(value)}`, withConfig('lora', { [key]: value }), unfit(key, `got ${key} (`))),
  upload('a negative alpha as text', withConfig('lora', { lora_alpha: '-8' }), unfit('lora_alpha', 'must be a number')),
  upload('an alpha beyond float32', withConfig('lora', { lora_alpha: 1e300 }), unfit(null, 'finite')),
  upload('a key that reaches a prototype', withFile('lora', CONFIG, '{"peft_type": "LORA", "__proto__": {"r": 8}}'), unfit(null, 'got __proto__ (')),
  upload('a rank of 0', withConfig('lora', { r: 0 }), unfit('rank_pattern', 'integer of at least 1')),
  upload('a rank of 2³¹', withConfig('lora', { r: 2 ** 31 }), unfit(null, 'shape must be [2147483648, 256], got [8, 256]')),
  upload('a rank past 2⁵³', withConfig('lora', { r: 1e300 }), unfit('rank_pattern', 'integer of at least 1')),
  upload('a negative rank', withConfig('lora', { r: -8 }), unfit('rank_pattern', 'integer of at least 1')),
  upload('half a rank', withConfig('lora', { r: 1.5 }), unfit('rank_pattern', 'integer of at least 1')),
  upload('another rank than the tensors have', withConfig('lora', { r: 4 }), unfit(null, 'shape must be [4, 256], got [8, 256]')),
  upload('a rank pattern that is no object', withConfig('lora', { rank_pattern: [8] }), unfit('rank_pattern', 'must be an object')),
  upload('targets that the file has no tensors for', withConfig('lora', { target_modules: ['query', 'value', 'key'] }), unfit('target_modules', 'got none for')),
  upload('tensors of modules that are no targets', withConfig('lora', { target_modules: ['query'] }), unfit('target_modules', 'besides')),
  upload('a number for the targets', withConfig('lora', { target_modules: 7 }), unfit('target_modules', 'must be a string or a list of strings')),
  upload('a pattern that is no expression', withConfig('lora', { target_modules: '(' }), unfit('target_modules', 'target_modules: ')),
  upload('a pattern that looks ahead', withConfig('lora', { target_modules: '(?=.*query).*' }), unfit('target_modules', 'target_modules: must be a pattern')),
  upload('a pattern that refers back', withConfig('lora', { target_modules: '(query|value)\\1' }), unfit('target_modules', 'target_modules: must be a pattern')),
  upload('a pattern that repeats too often', withConfig('lora', { target_modules: '((a{1000}){1000}){1000}' }), unfit('target_modules', 'target_modules: ')),
  upload('a pattern that backtracking would not end', withConfig('lora', { target_modules: '(.*.*.*.*.*.*.*.*.*.*.*.*)*x' }), unfit('target_modules', 'target_modules')),
  upload('a pattern that never ends', withConfig('lora', { target_modules: `${'(a*)*'.repeat(40)}b` }), unfit('target_modules', 'target_modules: ')),
  upload('a task of decoders', withConfig('lora', { task_type: 'CAUSAL_LM', modules_to_save: ['classifier'] }), unfit('task_type', 'must be one of SEQ_CLS')),
  upload('a saved module that is not in the file', withConfig('lora', { modules_to_save: ['classifier', 'pooler'] }), unfit('modules_to_save', 'got nothing for pooler')),
  upload('DoRA without its magnitudes', withConfig('lora', { use_dora: true }), unfit(null, 'lora_magnitude_vector: must be in the file')),
  upload('magnitudes without DoRA', withConfig('dora', { use_dora: false }), unfit('use_dora', 'must be true where the file holds')),
  upload('text for a switch', withConfig('lora', { use_rslora: 'yes' }), unfit('use_rslora', 'must be true or false')),
  upload('(IA)³ rows outside of feed-forward modules', withConfig('ia3', { feedforward_modules: [] }), unfit('feedforward_modules', 'must be among feedforward_modules')),
  upload('more virtual tokens than the file has', withConfig('prompt', { num_virtual_tokens: 11 }), unfit('prompt_embeddings', 'shape must be [11, 256], got [10, 256]')),
  upload('no virtual tokens', withConfig('prompt', { num_virtual_tokens: 0 }), unfit('num_virtual_tokens', 'integer of at least 1')),
  upload('a prompt of another width', withConfig('prompt', { token_dim: 768 }), unfit('prompt_embeddings', 'shape must be [10, 768]')),
  upload('a prefix of other layers', withConfig('prefix', { num_layers: 12 }), unfit('prompt_embeddings', 'shape must be [6, 6144], got [6, 2048]')),
  upload('a prefix of other heads', withConfig('prefix', { num_attention_heads: 12 }), unfit('num_attention_heads', 'must be the base')),
  upload('a prompt of an encoder and a decoder', withConfig('prompt', { num_transformer_submodules: 2 }), unfit('num_transformer_submodules', 'one transformer')),
  upload('a bottleneck of another base width', withConfig('pfeiffer', { hidden_size: 768 }), unfit('hidden_size', 'must be the base')),
  upload('a bottleneck of another family', withConfig('pfeiffer', { model_type: 'gpt2' }), unfit('model_type', 'must be the base')),
  upload('a bottleneck with a gate', withHub({ use_gating: true }), unfit('config.use_gating', 'gate over the whole sequence')),
  upload('a bottleneck with an invertible adapter', withHub({ inv_adapter: 'nice' }), unfit('config.inv_adapter', 'invertible')),
  upload('a bottleneck of hypercomplex layers', withHub({ phm_layer: true }), unfit('config.phm_layer', 'hypercomplex')),
  upload('a bottleneck of an unknown function', withHub({ non_linearity: 'mish' }), unfit('non_linearity', 'must be one of')),
  upload('a reduction by 0', withHub({ reduction_factor: 0 }), unfit('reduction_factor', 'a number above 0')),
  upload('a bottleneck asked for and not there', withHub({ mh_adapter: true }), unfit('mh_adapter', 'got none in layer 0')),
]; // prettier-ignore

const CONFIGS: readonly BadCase[] = (
  [
    ['half a JSON text', '{"peft_type": "LO', /adapter_config\.json: /],
    ['a list', '[]', 'must be a JSON object'],
    ['nothing', '', /adapter_config\.json: /],
    ['a key twice', '{"peft_type": "LORA", "r": 8, "r": 16}', 'once'],
    ['an alpha of NaN', '{"peft_type": "LORA", "lora_alpha": NaN}', /adapter_config\.json: /],
    ['an infinite alpha', '{"peft_type": "LORA", "lora_alpha": Infinity}', /adapter_config\.json: /],
    [
      'other bytes than UTF-8',
      Uint8Array.from([...Buffer.from('{"peft_type": "LORA'), 0xff, ...Buffer.from('"}')]),
      /adapter_config\.json: /,
    ],
    ['1,000 nested objects', `${'{"a":'.repeat(1000)}1${'}'.repeat(1000)}`, 'at most 16 levels'],
    ['a NUL', '{"peft_type": "LORA\u0000"}', /adapter_config\.json: /],
    ['other keys than an adapter’s', '{"model_type": "bert"}', 'must have peft_type'],
  ] as const
).map(([what, text, message]) =>
  upload(`a configuration of ${what}`, withFile('lora', CONFIG, text), damaged(message)),
);

const DAMAGED: readonly BadCase[] = (
  [
    ['nothing', new Uint8Array(), 'at least 8 bytes, got 0'],
    ['seven bytes', new Uint8Array(7), 'at least 8 bytes, got 7'],
    ['a header of 2⁶³ bytes', safetensors('{}', undefined, 2n ** 63n), 'at most 16777216 bytes'],
    ['a header longer than the file', safetensors('{}', undefined, 1000n), 'inside a file of'],
    ['a header that is no JSON', safetensors('{"a"'), 'safetensors: header'],
    ['a header that is a list', safetensors('[]'), 'begin with {'],
    ['a header that is no text', safetensors('{"\u00ff"', undefined, 3n), 'safetensors: header'],
    ['one name twice', safetensors('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'), 'once'],
    ['1,000 nested lists', safetensors(`{"a":${'['.repeat(1000)}${']'.repeat(1000)}}`), 'at most 16 levels'],
    ['an unknown type', safetensors('{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}', new Uint8Array(1)), 'dtype: expected one of'],
    ['a negative size', safetensors('{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}', new Uint8Array(4)), 'sizes'],
    ['half a size', safetensors('{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,6]}}', new Uint8Array(6)), 'sizes'],
    ['offsets that are no numbers', safetensors('{"a":{"dtype":"F32","shape":[1],"data_offsets":["0","4"]}}', new Uint8Array(4)), 'data_offsets'],
    ['a tensor without a type', safetensors('{"a":{"shape":[1],"data_offsets":[0,4]}}', new Uint8Array(4)), 'dtype'],
    ['sizes whose product is past 2⁵³', safetensors('{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}'), 'bytes for F32'],
    ['sizes whose product wraps to 0', safetensors('{"a":{"dtype":"F32","shape":[9007199254740991,9007199254740991,0],"data_offsets":[0,4]}}', new Uint8Array(4)), 'bytes for F32'],
    ['a tensor of 17 axes', safetensors(`{"a":{"dtype":"F32","shape":[${Array(17).fill(1).join()}],"data_offsets":[0,4]}}`, new Uint8Array(4)), 'at most 16 sizes'],
    ['an offset past the end', safetensors('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}', new Uint8Array(4)), 'inside the file'],
    ['an offset that goes back', safetensors('{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}', new Uint8Array(4)), 'data_offsets'],
    ['tensors that overlap', safetensors('{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}', new Uint8Array(12)), 'overlaps'],
    ['a hole between tensors', safetensors('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}', new Uint8Array(12)), 'hole'],
    ['bytes after the last tensor', safetensors('{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', new Uint8Array(8)), 'end the file'],
    ['a name that reaches a prototype', safetensors('{"__proto__":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}'), 'not reserved'],
    ['metadata that is no text', safetensors('{"__metadata__":{"format":1}}'), '__metadata__'],
    ['a pickle under the name', Uint8Array.of(0x80, 0x02, 0x7d, 0x71, 0x00, 0x2e, 0, 0, 0, 0), 'safetensors: header'],
    ['a zip archive under the name', Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(60)]), 'safetensors: header'],
  ] as const
).map(([what, bytes, message]) => upload(`weights of ${what}`, withFile('lora', WEIGHTS, bytes), damaged(message))); // prettier-ignore

const TENSORS: readonly BadCase[] = [
  ...([['NaN', NaN], ['infinity', Infinity]] as const).map(([what, value]) =>
    upload(`${what} in a tensor`, withTensors('lora', (tensors) => void (tensors.get(QUERY_A)!.data[5] = value)), unfit(QUERY_A, `got ${value} at 5`))),
  upload('a double beyond float32', withFile('lora', WEIGHTS, rawSafetensors([{ name: QUERY_A, dtype: 'F64', shape: [1], bytes: new Uint8Array(Float64Array.of(1e300).buffer) }])), unfit(QUERY_A, 'got Infinity')),
  upload('integers', withFile('lora', WEIGHTS, rawSafetensors([{ name: QUERY_A, dtype: 'I32', shape: [1], bytes: new Uint8Array(4) }])), unfit(QUERY_A, 'must be F32')),
  upload('no tensor at all', withFile('lora', WEIGHTS, safetensors('{}')), unfit(null, 'must hold tensors of lora, got none')),
  upload('half a pair', withTensors('lora', (tensors) => void tensors.delete(QUERY_B)), unfit(null, 'lora_B.weight: must be in the file')),
  upload('an unknown tensor', withTensors('lora', (tensors) => void tensors.set('what', zeros(1))), unfit('what', 'every tensor must be one that the method knows, got what')),
  upload('a whole matrix that nothing asks for', withTensors('lora', (tensors) => void tensors.set(`${TRUNK}.0.output.dense.weight`, zeros(256, 1024))), unfit(null, 'must be asked for')),
  upload('a base of another width', withTensors('lora', (tensors) => void tensors.set(QUERY_A, zeros(8, 768))), unfit(null, 'shape must be [8, 256], got [8, 768]')),
  upload('two axes too many', withTensors('lora', (tensors) => void tensors.set(QUERY_A, zeros(1, 1, 8, 256))), unfit(null, 'got [1, 1, 8, 256]')),
  upload('a layer that the base has not', withTensors('lora', (tensors) => {
    for (const part of ['A', 'B'] as const) tensors.set(`${TRUNK}.9.attention.self.query.lora_${part}.weight`, part === 'A' ? zeros(8, 256) : zeros(256, 8));
  }), unfit(null, 'layer.9')),
  upload('a module that no encoder has', withTensors('lora', (tensors) => {
    for (const part of ['A', 'B'] as const) tensors.set(`${TRUNK}.0.attention.gate_proj.lora_${part}.weight`, zeros(1, 1));
  }), unfit(null, 'gate_proj')),
  upload('a head of another width', withTensors('lora', (tensors) => void tensors.set('base_model.model.classifier.weight', zeros(3, 768))), unfit(null, /classifier.*256/)),
  upload('a head without its weight', withTensors('lora', (tensors) => void tensors.delete('base_model.model.classifier.weight')), unfit(null, 'classifier')),
  upload('no head where the base has none', withTensors('lora', (tensors) => {
    for (const part of ['weight', 'bias']) tensors.delete(`base_model.model.classifier.${part}`);
  }), unfit(null, /head|classifier/)),
  upload('a head of two sizes', withTensors('lora', (tensors) => void tensors.set('base_model.model.classifier.bias', zeros(4))), unfit(null, 'classifier.bias')),
  upload('a head of as many labels as the card has not', withTensors('lora', (tensors) => {
    tensors.set('base_model.model.classifier.weight', zeros(5, 256)).set('base_model.model.classifier.bias', zeros(5));
  }), invalid('labels', 'one for each of the 5 outputs of the head, got 3')),
  upload('tensors of another adapter’s name', withConfig('pfeiffer', { name: 'other' }), unfit(null, 'tenant')),
  upload('a bottleneck without its bias', withTensors('pfeiffer', (tensors) => void tensors.delete('bert.encoder.layer.0.output.adapters.tenant.adapter_down.0.bias')), unfit(null, 'adapter_down.0.bias: must be in the file')),
]; // prettier-ignore

export const ADAPTER_CASES: readonly BadCase[] = [...METHODS, ...KEYS, ...CONFIGS, ...DAMAGED, ...TENSORS];
