import { invalid, MODEL_NOT_FOUND, unread, type BadCase, type Refusal } from './bad-case.js';

/** `MAX_BODY_BYTES` and `MAX_INPUTS` of the service that these cases are sent to. */
export const LIMITS = { bodyBytes: 3 * 2 ** 20, inputs: 32 };

const raw = (what: string, body: string | Uint8Array, refusal: Refusal, contentType = 'application/json'): BadCase => ({
  what,
  call: 'POST /v1/classify',
  headers: { 'content-type': contentType },
  body,
  refusal,
});
const classify = (what: string, change: object, refusal: Refusal): BadCase => ({
  what,
  call: 'POST /v1/classify',
  body: { model: 'bank', input: 'a', ...change },
  refusal,
});
const embed = (what: string, change: object, refusal: Refusal): BadCase => ({
  what,
  call: 'POST /v1/embeddings',
  body: { model: 'base', input: 'a', ...change },
  refusal,
});

const JSON_FAULTS: readonly BadCase[] = [
  raw('an empty body', '', unread(400, 'Body cannot be empty')),
  raw('half a JSON text', '{"model": "bank", "inp', unread(400, 'JSON')),
  raw('JSON with a trailing comma', '{"model": "bank", "input": "a",}', unread(400, 'JSON')),
  raw('NaN, which is no JSON', '{"model": "bank", "input": NaN}', unread(400, 'JSON')),
  raw('bytes that are no text', Uint8Array.of(0xff, 0xfe, 0x00, 0x7b), unread(400, 'JSON')),
  raw('a NUL byte as the body', Uint8Array.of(0), unread(400, 'JSON')),
  raw('a key that reaches a prototype', '{"__proto__": {"a": 1}, "model": "bank", "input": "a"}', unread(400, 'JSON')),
  raw('a constructor that reaches a prototype', '{"constructor": {"prototype": {}}}', unread(400, 'JSON')),
  raw('null for a body', 'null', invalid(null, 'expected')),
  raw('a list for a body', '[{"model": "bank", "input": "a"}]', invalid(null, 'expected')),
  raw('a text for a body', '"bank"', invalid(null, 'expected')),
  raw('100,000 nested lists', `{"model": "bank", "input": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`, invalid('input', 'expected')),
  raw('a body over the limit', `{"model": "bank", "input": "${'a'.repeat(LIMITS.bodyBytes)}"}`, unread(413, 'too large')),
  raw('text for a content type', '{"model": "bank", "input": "a"}', unread(415, 'content-type: expected application/json'), 'text/plain'),
  raw('a form for a content type', 'model=bank&input=a', unread(415, 'content-type: expected application/json'), 'application/x-www-form-urlencoded'),
  raw('XML', '<model>bank</model>', unread(415, 'content-type: expected application/json'), 'application/xml'),
  raw('a content type that is none', '{}', unread(415, 'content-type: expected application/json'), 'nonsense'),
  raw('a multipart body where JSON is due', '--x--\r\n', invalid(null, 'body: expected JSON, got none'), 'multipart/form-data; boundary=x'),
]; // prettier-ignore

const TYPES: readonly BadCase[] = [
  { ...classify('no model', {}, invalid('model', 'model: ')), body: { input: 'a' } },
  classify('a number for the model', { model: 5 }, invalid('model', 'model: ')),
  classify('null for the model', { model: null }, invalid('model', 'model: ')),
  classify('a list for the model', { model: ['bank'] }, invalid('model', 'model: ')),
  classify('an empty model', { model: '' }, invalid('model', 'model: ')),
  classify('a model of 401 characters', { model: 'a'.repeat(401) }, invalid('model', 'model: ')),
  { ...classify('no input', {}, invalid('input', 'input: expected')), body: { model: 'bank' } },
  classify('null for the input', { input: null }, invalid('input', 'input: expected')),
  classify('a number for the input', { input: 5 }, invalid('input', 'input: expected')),
  classify('an object for the input', { input: { text: 'a' } }, invalid('input', 'input: expected')),
  classify('an empty list of inputs', { input: [] }, invalid('input', 'input: ')),
  classify('a number among the inputs', { input: ['a', 5] }, invalid('input', 'input: expected')),
  classify('token ids where texts are due', { input: [[1, 2]] }, invalid('input', 'input: expected')),
  classify('an input too many', { input: Array(LIMITS.inputs + 1).fill('a') }, invalid('input', `1 to ${LIMITS.inputs}`)),
  classify('an input of two million characters and one', { input: 'a'.repeat(2_000_001) }, invalid('input', 'input: ')),
  classify('an input of more tokens than the base reads', { input: 'word '.repeat(300) }, {
    status: 400, code: 'context_length_exceeded', param: 'input', message: 'at most 256 tokens',
  }),
  classify('top_k of 0', { top_k: 0 }, invalid('top_k', 'top_k: ')),
  classify('top_k over its limit', { top_k: 1001 }, invalid('top_k', 'top_k: ')),
  classify('half a top_k', { top_k: 1.5 }, invalid('top_k', 'top_k: ')),
  classify('text for top_k', { top_k: '5' }, invalid('top_k', 'top_k: ')),
  raw('an infinite top_k', '{"model": "bank", "input": "a", "top_k": 1e999}', invalid('top_k', 'top_k: ')),
  classify('text for truncate', { truncate: 'yes' }, invalid('truncate', 'truncate: ')),
  classify('an unknown key', { temperature: 1 }, invalid('temperature', 'temperature')),
  classify('a user of 513 characters', { user: 'u'.repeat(513) }, invalid('user', 'user: ')),
]; // prettier-ignore

const NAMES: readonly BadCase[] = [
  'nobody', 'Bank', 'bank ', ' bank', 'bänk', 'bank@', '@production', 'bank@a@b', 'bank@Production', 'bank@none', 'base@production',
  'bank@sha256:', 'bank@sha256:123', `bank@SHA256:${'0'.repeat(64)}`, `bank@sha256:${'A'.repeat(64)}`,
  `bank@sha256:${'0'.repeat(64)}`, 'bank\u0000', 'bank\ud800', '../bank', 'bank/production', 'bank%00', "bank' or 1=1", '\u202ebank', '__proto__',
].map((model) => classify(`the model ${JSON.stringify(model)}`, { model }, MODEL_NOT_FOUND)); // prettier-ignore

const TASKS: readonly BadCase[] = [
  classify('classes of the base, which has no head for them', { model: 'base' }, invalid('model', 'sequence_classification')),
  { what: 'entities of a classifier', call: 'POST /v1/token_classify', body: { model: 'bank', input: 'a' }, refusal: invalid('model', 'token_classification') },
  { what: 'no mask to fill', call: 'POST /v1/fill_mask', body: { model: 'base', input: 'no mask here' }, refusal: invalid('input', '[MASK]') },
  { what: 'top_k over the limit of masks', call: 'POST /v1/fill_mask', body: { model: 'base', input: '[MASK]', top_k: 101 }, refusal: invalid('top_k', 'top_k: ') },
  embed('another width than the base has', { dimensions: 512 }, invalid('dimensions', '256, got 512')),
  embed('a width of 0', { dimensions: 0 }, invalid('dimensions', 'dimensions: ')),
  embed('an unknown encoding', { encoding_format: 'int8' }, invalid('encoding_format', 'encoding_format: ')),
  embed('an unknown pooling', { pooling: 'max' }, invalid('pooling', 'pooling: ')),
  embed('a negative token id', { input: [-1] }, invalid('input', '0 to 8191, got -1')),
  embed('a token id out of the vocabulary', { input: [[5], [8192]] }, invalid('input', 'input 1: token ids: expected 0 to 8191, got 8192')),
  embed('half a token id', { input: [1.5] }, invalid('input', 'expected a text')),
  embed('a token id over 2⁵³', { input: [2 ** 60] }, invalid('input', 'input')),
  embed('an empty list of token ids', { input: [[]] }, invalid('input', 'input')),
  embed('texts and token ids in one list', { input: ['a', 5] }, invalid('input', 'expected a text')),
  embed('lists of ids and a text', { input: [[5], 'a'] }, invalid('input', 'expected a text')),
  embed('lists three deep', { input: [[[5]]] }, invalid('input', 'expected a text')),
  embed('more token ids than the base reads', { input: Array(257).fill(5) }, {
    status: 400, code: 'context_length_exceeded', param: 'input', message: '1 to 256 tokens, got 257',
  }),
]; // prettier-ignore

export const INFERENCE_CASES: readonly BadCase[] = [...JSON_FAULTS, ...TYPES, ...NAMES, ...TASKS];

/** Texts that look wrong and are not: each is answered. */
export const STRANGE_TEXTS: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['spaces alone', ' \t\n\r\u3000\u00a0'],
  ['a NUL', 'my\u0000balance'],
  ['half a surrogate pair, low', 'a\udc00b'],
  ['half a surrogate pair, high, at the end', 'a\ud83d'],
  ['an emoji of several code points', '👩‍👩‍👧‍👦'],
  ['hundreds of marks on one letter', `z${'\u0301'.repeat(500)}`],
  ['text from right to left', '\u202eabc שלום'],
  ['every control character', Array.from({ length: 32 }, (_none, code) => String.fromCharCode(code)).join('')],
  ['noncharacters', '\uffff\ufffe\u{10ffff}'],
  ['the names of special tokens', '[CLS] [SEP] [PAD] [MASK] [UNK]'],
  ['one word of 200 letters', 'a'.repeat(200)],
  ['ideographs', '我的余额是多少'],
];
