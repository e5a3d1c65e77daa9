import { invalid, unread, type BadCase, type Refusal } from './bad-case.js';

const UNAUTHENTICATED: Refusal = { status: 401, code: 'invalid_api_key', param: null, message: /key/ };
const FORBIDDEN: Refusal = { status: 403, code: 'insufficient_permissions', param: null, message: /role|tenant/ };
const ZERO = '00000000-0000-4000-8000-000000000000';
const UNKNOWN = `sha256:${'0'.repeat(64)}`;

const absent = (code: string, param: string | null, message: string | RegExp): Refusal => ({
  status: 404,
  code,
  param,
  message,
});
const conflict = (code: string, param: string | null, message: string | RegExp): Refusal => ({
  status: 409,
  code,
  param,
  message,
});
const admin = (what: string, call: string, body: unknown, refusal: Refusal): BadCase => ({
  what,
  as: 'admin',
  call,
  body,
  refusal,
});

const KEYS: readonly BadCase[] = [
  ...([
    ['no key', 'nobody'], ['a key of another scheme', 'Basic dXNlcjpwYXNz'], ['no key after Bearer', 'Bearer '],
    ['an unknown key', `Bearer tsr_${'A'.repeat(43)}`], ['a short key', 'Bearer tsr_A'], ['a key with a space', 'Bearer a b'],
    ['a key of 600 characters', `Bearer ${'a'.repeat(600)}`], ['a key with a quote', `Bearer ' or '1'='1`],
  ] as const).map(([what, as]): BadCase => ({ what, as, call: 'GET /v1/models', refusal: UNAUTHENTICATED })),
  { what: 'a tenant key on an admin route', call: 'GET /admin/tenants', refusal: FORBIDDEN },
  { what: 'the admin key on a tenant route', as: 'admin', call: 'GET /v1/models', refusal: FORBIDDEN },
  { what: 'an import with a key that may only read', as: 'reader', call: 'POST /v1/adapters', body: new FormData(), refusal: FORBIDDEN },
  { what: 'a deletion with a key that may only read', as: 'reader', call: 'DELETE /v1/adapters/bank', refusal: FORBIDDEN },
  { what: 'an alias with a key that may only read', as: 'reader', call: 'PUT /v1/adapters/bank/aliases/a', body: { version: UNKNOWN }, refusal: FORBIDDEN },
]; // prettier-ignore

const ROUTES: readonly BadCase[] = [
  { what: 'an unknown route', call: 'GET /v1/nothing', refusal: unread(404, '/v1/nothing') },
  { what: 'an unknown method', call: 'PATCH /v1/models', refusal: unread(404, 'PATCH') },
  { what: 'GET where POST is due', call: 'GET /v1/classify', refusal: unread(404, 'GET') },
  { what: 'POST where GET is due', call: 'POST /v1/models', body: {}, refusal: unread(404, 'POST') },
  { what: 'a path that is no URL', call: 'GET /v1/models/%zz', refusal: unread(400, '%zz') },
  { what: 'a path out of the API', call: 'GET /v1/adapters/..%2f..%2fetc%2fpasswd', refusal: absent('adapter_not_found', 'name', 'adapter: expected') },
  { what: 'a NUL in an adapter’s name', call: 'GET /v1/adapters/a%00b', refusal: absent('adapter_not_found', 'name', 'adapter: expected') },
  { what: 'a NUL in a model’s name', call: 'GET /v1/models/a%00b', refusal: absent('model_not_found', 'model', 'model: expected') },
  { what: 'half a surrogate in a path', call: 'GET /v1/models/%ed%a0%80', refusal: unread(400, '%ed') },
  { what: 'a file name out of its version', call: 'GET /v1/adapters/bank/versions/:digest/files/..%2fcard.json', refusal: absent('file_not_found', 'file', 'file: expected one of') },
  { what: 'a NUL in a file name', call: 'GET /v1/adapters/bank/versions/:digest/files/a%00', refusal: absent('file_not_found', 'file', 'file: expected one of') },
  { what: 'a version that is no digest', call: 'GET /v1/adapters/bank/versions/latest/files', refusal: invalid('version', 'sha256:') },
  { what: 'an unknown version', call: `GET /v1/adapters/bank/versions/${UNKNOWN}/files`, refusal: absent('version_not_found', 'version', 'version: expected') },
  { what: 'a limit of 0', call: 'GET /v1/adapters?limit=0', refusal: invalid('limit', 'limit: ') },
  { what: 'a limit over 1000', call: 'GET /v1/adapters?limit=1001', refusal: invalid('limit', 'limit: ') },
  { what: 'a limit that is no number', call: 'GET /v1/adapters?limit=ten', refusal: invalid('limit', 'limit: ') },
  { what: 'an unknown query', call: 'GET /v1/adapters?offset=5', refusal: invalid('offset', 'offset') },
  { what: 'a cursor that no page gave', call: 'GET /v1/adapters?after=!!!', refusal: invalid('after', 'after: expected') },
  { what: 'a cursor with a NUL', call: `GET /v1/adapters?after=${base64('a\u0000b')}`, refusal: invalid('after', 'after: expected') },
  { what: 'a cursor of versions that is no time', call: `GET /v1/adapters/bank/versions?after=${base64('1 x')}`, refusal: invalid('after', 'after: expected') },
  { what: 'a cursor of versions with a NUL', call: `GET /v1/adapters/bank/versions?after=${base64('2026-01-01T00:00:00.000Z \u0000')}`, refusal: invalid('after', 'after: expected') },
  admin('a cursor of the audit that is no number', `GET /admin/audit?after=${base64('x')}`, undefined, invalid('after', 'after: expected')),
  admin('a cursor of the audit over 2⁶³', `GET /admin/audit?after=${base64('99999999999999999999')}`, undefined, invalid('after', 'after: expected')),
]; // prettier-ignore

const ALIASES: readonly BadCase[] = [
  { what: 'an alias with a wrong name', call: 'PUT /v1/adapters/bank/aliases/Prod', body: { version: UNKNOWN }, refusal: invalid('alias', 'alias: expected') },
  { what: 'an alias with a NUL', call: 'PUT /v1/adapters/bank/aliases/a%00', body: { version: UNKNOWN }, refusal: invalid('alias', 'alias: expected') },
  { what: 'an alias at no version', call: 'PUT /v1/adapters/bank/aliases/prod', body: {}, refusal: invalid('version', 'version: ') },
  { what: 'an alias at a name', call: 'PUT /v1/adapters/bank/aliases/prod', body: { version: 'latest' }, refusal: invalid('version', 'version: ') },
  { what: 'an alias at an unknown version', call: 'PUT /v1/adapters/bank/aliases/prod', body: { version: UNKNOWN }, refusal: absent('version_not_found', 'version', 'version: expected') },
  { what: 'an alias of an unknown adapter', call: 'PUT /v1/adapters/none/aliases/prod', body: { version: UNKNOWN }, refusal: absent('adapter_not_found', 'name', 'adapter: expected') },
  { what: 'an alias that has moved meanwhile', call: 'PUT /v1/adapters/bank/aliases/production', body: { version: ':digest', expected: UNKNOWN }, refusal: conflict('alias_moved', 'expected', 'expected it at') },
  { what: 'an alias that must not be there', call: 'PUT /v1/adapters/bank/aliases/production', body: { version: ':digest', expected: null }, refusal: conflict('alias_moved', 'expected', 'expected it at nothing') },
  { what: 'deleting an unknown alias', call: 'DELETE /v1/adapters/bank/aliases/none', refusal: absent('alias_not_found', 'alias', 'alias: expected') },
  { what: 'deleting an alias with a NUL', call: 'DELETE /v1/adapters/bank/aliases/a%00', refusal: absent('alias_not_found', 'alias', 'alias: expected') },
  { what: 'deleting an unknown adapter', call: 'DELETE /v1/adapters/none', refusal: absent('adapter_not_found', 'name', 'adapter: expected') },
  { what: 'deleting an unknown version', call: `DELETE /v1/adapters/bank/versions/${UNKNOWN}`, refusal: absent('version_not_found', 'version', 'version: expected') },
  { what: 'deleting a version that an alias holds', call: 'DELETE /v1/adapters/bank/versions/:digest', refusal: conflict('version_in_use', null, 'found alias production') },
  { what: 'the same by its model name', call: 'DELETE /v1/models/bank@:digest', refusal: conflict('version_in_use', null, 'found alias production') },
  { what: 'deleting the base', call: 'DELETE /v1/models/base', refusal: { ...FORBIDDEN, message: 'base' } },
  { what: 'deleting a malformed model', call: 'DELETE /v1/models/Bank', refusal: absent('model_not_found', 'model', 'model: expected') },
]; // prettier-ignore

const ADMIN: readonly BadCase[] = [
  admin('a tenant without a name', 'POST /admin/tenants', {}, invalid('name', 'name: ')),
  admin('a tenant with a wrong name', 'POST /admin/tenants', { name: 'A B' }, invalid('name', 'name: expected')),
  admin('a tenant whose name has a NUL', 'POST /admin/tenants', { name: 'a\u0000' }, invalid('name', 'name: expected')),
  admin('a tenant that exists', 'POST /admin/tenants', { name: 'tester' }, conflict('conflict', 'name', 'name: expected')),
  admin('a tenant that is no UUID', 'GET /admin/tenants/5', undefined, absent('not_found', 'tenant', 'tenant: expected')),
  admin('an unknown tenant', `GET /admin/tenants/${ZERO}`, undefined, absent('not_found', 'tenant', 'tenant: expected')),
  admin('text for suspended', 'PATCH /admin/tenants/:tenant', { suspended: 'yes' }, invalid('suspended', 'suspended: ')),
  admin('deleting a tenant that has adapters', 'DELETE /admin/tenants/:tenant', undefined, conflict('conflict', null, 'expected no adapters')),
  admin('a key of an unknown role', 'POST /admin/keys', { tenant: ':tenant', role: 'god', label: 'a' }, invalid('role', 'role: ')),
  admin('an admin key of a tenant', 'POST /admin/keys', { tenant: ':tenant', role: 'admin', label: 'a' }, invalid('role', 'role: expected')),
  admin('a tenant key of nobody', 'POST /admin/keys', { role: 'tenant:user', label: 'a' }, invalid('role', 'role: expected')),
  admin('a key of an unknown tenant', 'POST /admin/keys', { tenant: ZERO, role: 'tenant:user', label: 'a' }, absent('not_found', 'tenant', 'tenant: expected')),
  admin('a key of what is no UUID', 'POST /admin/keys', { tenant: '5', role: 'tenant:user', label: 'a' }, invalid('tenant', 'tenant: ')),
  admin('a key that has expired', 'POST /admin/keys', { tenant: ':tenant', role: 'tenant:user', label: 'a', expires_at: '2020-01-01T00:00:00Z' }, invalid('expires_at', 'expires_at: expected')),
  admin('a key whose label has a NUL', 'POST /admin/keys', { tenant: ':tenant', role: 'tenant:user', label: 'a\u0000b' }, invalid('label', 'label: expected')),
  admin('revoking an unknown key', `DELETE /admin/keys/${ZERO}`, undefined, absent('not_found', 'key', 'key: expected')),
  admin('a negative quota', 'PUT /admin/quotas/:tenant', { requests_per_second: -1 }, invalid('requests_per_second', 'requests_per_second: ')),
  admin('a quota over what a count can be', 'PUT /admin/quotas/:tenant', { adapter_count: 2 ** 40 }, invalid('adapter_count', 'adapter_count: ')),
  admin('an unknown quota', 'PUT /admin/quotas/:tenant', { gpus: 1 }, invalid('gpus', 'gpus')),
  admin('quotas of an unknown tenant', `PUT /admin/quotas/${ZERO}`, { adapter_count: 1 }, absent('not_found', 'tenant', 'tenant: expected')),
  admin('pinning an unknown model', 'POST /admin/residency/pins', { tenant: ':tenant', model: 'none' }, absent('model_not_found', 'model', 'model: expected')),
  admin('unpinning what is not there', 'DELETE /admin/residency/pins/none', undefined, absent('not_found', 'id', 'brick: expected')),
  admin('evicting what is not there', 'DELETE /admin/residency/bricks/a%00', undefined, absent('not_found', 'id', 'brick: expected')),
]; // prettier-ignore

function base64(text: string): string {
  return Buffer.from(text).toString('base64url');
}

export const ACCESS_CASES: readonly BadCase[] = [...KEYS, ...ROUTES, ...ALIASES, ...ADMIN];
