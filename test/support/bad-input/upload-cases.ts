import { formOf, generateAdapter } from '../generated-adapters.js';
import { invalid, unread, type BadCase, type Refusal } from './bad-case.js';

/** `MAX_UPLOAD_BYTES` of the service that these cases are sent to. */
export const UPLOAD_BYTES = 2 * 2 ** 20;

const FILES = generateAdapter({ kind: 'lora', labels: 3, seed: 1 });
const CALL = 'POST /v1/adapters';
const TOO_LARGE: Refusal = { status: 413, code: 'too_large', param: null, message: '' };

type Part = readonly [name: string, text: string | Uint8Array, file?: string];

/** A good import with other fields. */
const fields = (what: string, change: Record<string, string>, refusal: Refusal): BadCase => ({
  what,
  call: CALL,
  body: formOf(FILES, { name: 'bad', ...change }),
  refusal,
});

/** A good import with further parts. */
function parts(what: string, more: readonly Part[], refusal: Refusal): BadCase {
  const form = formOf(FILES, { name: 'bad' });
  for (const [name, content, file] of more) {
    if (file === undefined) form.append(name, String(content));
    else form.append(name, new Blob([typeof content === 'string' ? content : new Uint8Array(content)]), file);
  }
  return { what, call: CALL, body: form, refusal };
}

/** A body written by hand. */
const bytes = (what: string, lines: readonly string[], refusal: Refusal, boundary = 'x'): BadCase => ({
  what,
  call: CALL,
  headers: { 'content-type': `multipart/form-data${boundary === '' ? '' : `; boundary=${boundary}`}` },
  body: lines.join('\r\n'),
  refusal,
});

const file = (name: string): string => `Content-Disposition: form-data; name="files"; filename="${name}"`;
const files = (message: string | RegExp): Refusal => invalid('files', message);

const FIELDS: readonly BadCase[] = [
  { what: 'no name', call: CALL, body: formOf(FILES, {}), refusal: invalid('name', 'name: ') },
  fields('an empty name', { name: '' }, invalid('name', 'name: ')),
  fields('a name with capitals', { name: 'Bad' }, invalid('name', 'name: expected 1 to 63')),
  fields('the name of the base', { name: 'base' }, invalid('name', 'name: expected')),
  fields('a name with a path', { name: '../bad' }, invalid('name', 'name: expected')),
  fields('a name with a NUL', { name: 'b\u0000ad' }, invalid('name', 'name: expected')),
  fields('a name of 64 characters', { name: 'a'.repeat(64) }, invalid('name', 'name: expected')),
  fields('a wrong alias', { alias: 'Latest!' }, invalid('alias', 'alias: expected')),
  fields('an alias that looks like a digest', { alias: `sha256:${'0'.repeat(64)}` }, invalid('alias', 'alias: expected')),
  fields('an unknown task', { task: 'chat' }, invalid('task', 'task: ')),
  fields('an unknown problem', { problem: 'many' }, invalid('problem', 'problem: ')),
  fields('an unknown field', { lables: '["a"]' }, invalid('lables', 'lables')),
  fields('labels that are no JSON', { labels: 'a,b,c' }, invalid('labels', 'labels: expected JSON')),
  fields('labels that are no list', { labels: '{"a":0}' }, invalid('labels', 'labels: ')),
  fields('no labels in the list', { labels: '[]' }, invalid('labels', 'labels: ')),
  fields('a number among the labels', { labels: '["a","b",3]' }, invalid('labels', 'labels')),
  fields('a label too few', { labels: '["a","b"]' }, invalid('labels', 'one for each of the 3 outputs of the head, got 2')),
  fields('a label twice', { labels: '["a","b","a"]' }, invalid('labels', 'each name once')),
  fields('a blank label', { labels: '["a","b"," "]' }, invalid('labels', '1 to 256 characters')),
  fields('a label of 257 characters', { labels: JSON.stringify(['a', 'b', 'c'.repeat(257)]) }, invalid('labels', '1 to 256 characters')),
  fields('a label with a NUL', { labels: '["a","b","c\\u0000"]' }, invalid('labels', 'labels: ')),
  fields('a label with half a surrogate pair', { labels: '["a","b","c\\ud800"]' }, invalid('labels', 'labels: ')),
  parts('a field twice', [['name', 'other']], invalid('name', 'name: expected once')),
  parts('a field over a mebibyte', [['labels', 'x'.repeat(2 ** 20 + 1)]], { ...TOO_LARGE, param: 'labels', message: 'labels: ' }),
  parts('a field named as a prototype', [['__proto__', 'x']], invalid(null, 'prototype property')),
]; // prettier-ignore

const CARDS: readonly BadCase[] = (
  [
    ['is no JSON', '[', invalid(null, 'card.json: expected a JSON value')],
    ['is a list', '[]', invalid('card.json', 'card.json: must be a JSON object')],
    ['has an unknown problem', '{"problem": "many"}', invalid('problem', 'must be one of single, multi, regression in card.json, got "many"')],
    ['has a number for a problem', '{"problem": 5}', invalid('problem', 'must be one of single, multi, regression in card.json, got 5')],
    ['has an unknown task', '{"task": "chat"}', { status: 422, code: 'incompatible_adapter', param: 'task', message: 'got "chat"' }],
    ['has a label too few', '{"labels": ["a", "b"]}', invalid('labels', 'one for each of the 3 outputs of the head, got 2')],
  ] as const
).map(([what, card, refusal]) => {
  return { what: `a card that ${what}`, call: CALL, body: formOf(new Map(FILES).set('card.json', Buffer.from(card)), { name: 'bad' }), refusal };
}); // prettier-ignore

const WRONG_FILES: readonly BadCase[] = [
  { what: 'no files', call: CALL, body: formOf(new Map(), { name: 'bad' }), refusal: files('adapter_config.json must be there, got no file') },
  { what: 'no weights', call: CALL, body: formOf(new Map([...FILES].filter(([name]) => name.endsWith('.json'))), { name: 'bad' }), refusal: files('adapter_model.safetensors must be there') },
  { what: 'no configuration', call: CALL, body: formOf(new Map([...FILES].filter(([name]) => !name.endsWith('config.json'))), { name: 'bad' }), refusal: files('adapter_config.json must be there') },
  parts('a file twice', [['files', '{}', 'adapter_config.json']], files('each name once')),
  parts('a pickle', [['files', 'x', 'adapter_model.bin']], files('only safetensors weights are read')),
  parts('another pickle', [['files', 'x', 'optimizer.pt']], files('only safetensors weights are read')),
  parts('a file of an unknown name', [['files', 'x', 'run.sh']], files('a name out of adapter_config.json')),
  parts('a file of a known name in capitals', [['files', 'x', 'ADAPTER_CONFIG.JSON']], files('a name out of')),
  parts('a card that is no JSON', [['labels', '["a","b","c"]'], ['files', '{', 'card.json']], files('each name once')),
  parts('a file over its own limit', [['files', 'x'.repeat(2 ** 20 + 1), 'README.md']], { ...TOO_LARGE, message: /1048576/ }),
  parts('files that are too large together', [['files', new Uint8Array(UPLOAD_BYTES), 'model_head.safetensors']], { ...TOO_LARGE, message: /bytes/ }),
  parts('more than 20 files', Array.from({ length: 21 }, (_none, at): Part => ['files', 'x', at === 0 ? 'README.md' : `${at}.md`]), files('a name out of')),
  parts('more than 20 fields', Array.from({ length: 21 }, (_none, at): Part => [`field${at}`, 'x']), { ...TOO_LARGE, message: /fields limit/ }),
]; // prettier-ignore

const BODIES: readonly BadCase[] = [
  { what: 'JSON where files are due', call: CALL, body: { name: 'bad' }, refusal: unread(415, 'expected multipart/form-data') },
  { what: 'nothing where files are due', call: CALL, refusal: unread(415, 'expected multipart/form-data') },
  bytes('no boundary', ['--x', file('adapter_config.json'), '', '{}', '--x--', ''], invalid(null, 'oundary'), ''),
  bytes('another boundary than is said', ['--y', file('adapter_config.json'), '', '{}', '--y--', ''], invalid(null, 'multipart body: ')),
  bytes('no end', ['--x', 'Content-Disposition: form-data; name="name"', '', 'bad', '--x', file('adapter_config.json'), '', '{"peft_type"'], invalid(null, 'multipart body: ')),
  bytes('a part without headers', ['--x', '', 'bad', '--x--', ''], invalid('name', 'name: ')),
  bytes('a part whose header does not end', ['--x', `Content-Disposition: form-data; ${'a'.repeat(100_000)}`], invalid(null, 'multipart body: ')),
  bytes('not a byte', [], invalid('name', 'name: ')),
  bytes('nothing between the boundaries', ['--x--', ''], invalid('name', 'name: ')),
  bytes('a file without a name', ['--x', file(''), '', '{}', '--x--', ''], files('a name out of')),
  ...['../adapter_config.json', '/etc/passwd', '..\\adapter_config.json', 'a/adapter_config.json', '..', 'adapter_config.json\0', 'adapter_config.json '].map(
    (name) => bytes(`a file named ${JSON.stringify(name)}`, ['--x', file(name), '', '{}', '--x--', ''], files('a name out of')),
  ),
]; // prettier-ignore

export const UPLOAD_CASES: readonly BadCase[] = [...FIELDS, ...CARDS, ...WRONG_FILES, ...BODIES];
