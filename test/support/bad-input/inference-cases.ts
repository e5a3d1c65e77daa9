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
  raw('bytes that are no text', Uint8Array.of(0xff, 0xfe, 0x00, 0x7b), invalid(null, 'body: expected JSON in UTF-8')),
  raw('a NUL byte as the body', Uint8Array.of(0), unread(400, 'JSON')),
  raw('a key that reaches a prototype', '{"__proto__": {"a": 1}, "model": "bank", "input": "a"}', unread(400, 'JSON')),
  raw('a constructor that reaches a prototype', '{"constructor": {"prototype": {}}}', unread(400, 'JSON')),
  raw('null for a body', 'null', invalid(null, 'expected')),
  raw('a list for a body', '[{"model": "bank", "input": "a"}]', invalid(null, 'expected')),
  raw('a text for a body', '"bank"', invalid(null, 'expected')),
  raw('100,000 nested lists', `{"model": "bank", "input": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`, invalid(null, 'body: expected at most 16 levels, got 100001')),
  raw('a megabyte of brackets that never close', '['.repeat(2 ** 20), invalid(null, 'body: expected at most 16 levels, got 1048576')),
  raw('half a million empty lists', `{"model": "bank", "input": [${'[],'.repeat(2 ** 19)}[]]}`, invalid(null, 'body: expected at most 10000 lists')),
  raw('a million numbers', `{"model": "bank", "input": [${'5,'.repeat(2 ** 20 - 1)}5]}`, invalid(null, 'body: expected at most 250000 values')),
  raw('100,000 keys', `{${Array.from({ length: 100_000 }, (_none, i) => `"k${i}":1`).join()}}`, invalid(null, 'body: expected at most 1000 keys, got 100000')),
  raw('900 unknown keys', `{"model": "bank", "input": "a", ${Array.from({ length: 900 }, (_none, i) => `"k${i}":1`).join()}}`, invalid('k0', 'expected no other keys, got "k0", "k1", "k2", "k3", "k4" and 895 more')),
  raw('Latin-1', Buffer.from('{"model": "bank", "input": "caf\u00e9"}', 'latin1'), invalid(null, 'body: expected JSON in UTF-8')),
  raw('half a character of UTF-8', Buffer.from([...Buffer.from('{"model": "bank", "input": "'), 0xe2, 0x82, 0x22, 0x7d]), invalid(null, 'body: expected JSON in UTF-8')),
  raw('UTF-16', Buffer.from('{"model": "bank", "input": "a"}', 'utf16le'), unread(400, 'JSON')),
  raw('a number that is no JSON', '{"model": "bank", "input": 0x10}', unread(400, 'JSON')),
  raw('two JSON texts', '{"model": "bank", "input": "a"}{"model": "bank", "input": "b"}', unread(400, 'JSON')),
  raw('JSON with a comment', '{"model": "bank" /* mine */, "input": "a"}', unread(400, 'JSON')),
  raw('a new line inside of a text', '{"model": "bank", "input": "a\nb"}', unread(400, 'JSON')),
  raw('a key twice, the second of a wrong type', '{"model": "bank", "model": 5, "input": "a"}', invalid('model', 'model: expected string, got 5')),
  raw('a body over the limit', `{"model": "bank", "input": "${'a'.repeat(LIMITS.bodyBytes)}"}`, unread(413, 'too large')),
  raw('text for a content type', '{"model": "bank", "input": "a"}', unread(415, 'content-type: expected application/json'), 'text/plain'),
  raw('a form for a content type', 'model=bank&input=a', unread(415, 'content-type: expected application/json'), 'application/x-www-form-urlencoded'),
  raw('XML', '<model>bank</model>', unread(415, 'content-type: expected application/json'), 'application/xml'),
  raw('a content type that is none', '{}', unread(415, 'content-type: expected application/json'), 'nonsense'),
  raw('a multipart body where JSON is due', '--x--\r\n', invalid(null, 'body: expected JSON, got none'), 'multipart/form-data; boundary=x'),
]; // prettier-ignore

/** Each has few tokens, or none, whatever its length. */
export const LONG_TEXTS: readonly (readonly [what: string, text: string])[] = [
  ['one word', 'a'.repeat(2 ** 20)],
  ['spaces', ' '.repeat(2 ** 20)],
  ['ideographs', '我'.repeat(2 ** 19)],
  ['emoji', '👩‍👩‍👧‍👦'.repeat(2 ** 16)],
  ['marks on one letter', `z${'\u0301\u0323'.repeat(2 ** 18)}`],
  ['Hangul letters', '\u1100\u1161\u11a8'.repeat(2 ** 17)],
  ['control characters', '\u0001'.repeat(2 ** 18)],
];

const TYPES: readonly BadCase[] = [
  { ...classify('no model', {}, invalid('model', 'model: ')), body: { input: 'a' } },
  classify('a number for the model', { model: 5 }, invalid('model', 'model: expected string, got 5')),
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
  ...LONG_TEXTS.map(([what, text]) => classify(`an input of a megabyte of ${what}`, { input: ['a', text] }, {
    status: 400, code: 'context_length_exceeded', param: 'input', message: `input 1: at most 4096 characters for 256 tokens, got ${text.length}`,
  })),
  classify('an input of few characters that stand for many', { input: 'ﷺ'.repeat(300) }, {
    status: 400, code: 'context_length_exceeded', param: 'input', message: 'input 0: at most 4096 characters for 256 tokens, got 5400',
  }),
  classify('an input of more tokens than the base reads', { input: 'word '.repeat(300) }, {
    status: 400, code: 'context_length_exceeded', param: 'input', message: 'input 0: at most 256 tokens, special tokens included, got 302',
  }),
  classify('top_k of 0', { top_k: 0 }, invalid('top_k', 'top_k: expected number to be >=1, got 0')),
  classify('a negative top_k', { top_k: -1 }, invalid('top_k', 'got -1')),
  classify('a top_k past 2⁵³', { top_k: 2 ** 60 }, invalid('top_k', 'got 1152921504606847000')),
  classify('null for top_k', { top_k: null }, invalid('top_k', 'expected number, got null')),
  classify('top_k over its limit', { top_k: 1001 }, invalid('top_k', 'got 1001')),
  classify('half a top_k', { top_k: 1.5 }, invalid('top_k', 'expected int, got 1.5')),
  classify('text for top_k', { top_k: '5' }, invalid('top_k', 'expected number, got "5"')),
  raw('an infinite top_k', '{"model": "bank", "input": "a", "top_k": 1e999}', invalid('top_k', 'top_k: ')),
  classify('text for truncate', { truncate: 'yes' }, invalid('truncate', 'truncate: ')),
  classify('an unknown key', { temperature: 1 }, invalid('temperature', 'expected no other keys, got "temperature"')),
  classify('a user of 513 characters', { user: 'u'.repeat(513) }, invalid('user', 'user: ')),
]; // prettier-ignore

const NAMES: readonly BadCase[] = [
  'nobody', 'Bank', 'a'.repeat(400), `bank@${'a'.repeat(390)}`, 'ｂank', 'bank\n', 'bank/../base', 'BASE', '*', '%62ank', 'bank?x=1', 'constructor', 'bank ', ' bank', 'bänk', 'bank@', '@production', 'bank@a@b', 'bank@Production', 'bank@none', 'base@production',
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
  ['4,096 spaces', ' '.repeat(4096)],
  ['2,048 emoji in one word', '🙂'.repeat(2048)],
];

/** JSON that looks wrong and is not: each is answered. */
export const STRANGE_BODIES: readonly (readonly [string, string])[] = [
  ['a byte order mark before the JSON', '\ufeff{"model": "bank", "input": "a"}'],
  ['a key twice, of which the last counts', '{"model": "nobody", "model": "bank", "input": "a"}'],
  ['white space around the JSON', ' \r\n\t{"model": "bank",\n"input": "a"}\n'],
  ['escapes', '{"\\u006dodel": "\\u0062ank", "input": "\\ud83d\\ude42\\/\\u0000"}'],
  ['brackets and quotes in a text', JSON.stringify({ model: 'bank', input: '[{"\\,:'.repeat(40) })],
  ['a top_k of 1.0', '{"model": "bank", "input": "a", "top_k": 1.0}'],
];
