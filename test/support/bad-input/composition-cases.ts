import { NESTING } from '../../../src/composition/nesting.js';
import type { CompositionKind } from '../../../src/composition/value.js';
import { invalid, type BadCase, type Refusal } from './bad-case.js';

const ZERO = '00000000-0000-4000-8000-000000000000';
const UNKNOWN = `sha256:${'0'.repeat(64)}`;

const wrong = (param: string, message: string | RegExp): Refusal => {
  return { status: 400, code: 'invalid_composition', param, message };
};
const noMember = (param: string): Refusal => {
  return { status: 404, code: 'member_not_found', param, message: 'expected a brick of yours' };
};
const absent = (code: string, param: string, message: string): Refusal => ({ status: 404, code, param, message });
const make = (what: string, composition: unknown, refusal: Refusal): BadCase => {
  return { what, call: 'POST /v1/compositions', body: { name: 'none', composition }, refusal };
};
const ask = (what: string, body: object, refusal: Refusal): BadCase => {
  return { what, call: 'POST /v1/classify', body: { model: 'base', input: 'a', ...body }, refusal };
};
const cut = (what: string, squad: string, body: object, refusal: Refusal): BadCase => {
  return {
    what: `cutting ${what}`,
    call: `POST /v1/compositions/${squad}/extract`,
    body: { name: 'cut', ...body },
    refusal,
  };
};
const deep = (levels: number): string => `${'stack('.repeat(levels)}bank${')'.repeat(levels)}`;

/** One of each kind, as JSON, with `bank` or another composition in it. */
const KINDS: Readonly<Record<CompositionKind, (of: unknown) => unknown>> = {
  member: () => 'bank',
  sum: (of) => ({ sum: [{ of, weight: 1 }] }),
  stack: (of) => ({ stack: [of] }),
  parallel: (of) => ({ parallel: [of] }),
  split: (of) => ({ split: [{ of, from: 0 }] }),
  route: (of) => ({ route: [of], by: 'arrow' }),
};
const INSIDE: Readonly<Record<CompositionKind, string>> = {
  ...{ member: '', sum: '.sum[0].of', stack: '.stack[0]', parallel: '.parallel[0]', split: '.split[0].of' },
  route: '.route[0]',
};
const ALL = Object.keys(KINDS) as CompositionKind[];

/** Every nesting that the table refuses. */
const NESTED: readonly BadCase[] = ALL.flatMap((outer) =>
  ALL.flatMap((inner) => {
    const reason = NESTING[outer][inner];
    if (reason === undefined) return [];
    const refusal = wrong(`composition${INSIDE[outer]}`, reason);
    return [make(`a ${inner} inside a ${outer}`, KINDS[outer](KINDS[inner]('bank')), refusal)];
  }),
);

/** `pair` is a composition of the tenant, and `outer` one of `pair`. */
const CYCLES: readonly BadCase[] = ['pair', 'pair + bank', 'stack(bank, pair)', 'outer', '0.5*outer'].map(
  (composition) => ({
    ...{ what: `pair as ${composition}`, call: 'POST /v1/compositions', body: { name: 'pair', composition } },
    refusal: { status: 400, code: 'composition_cycle', param: 'composition', message: 'do not hold pair itself' },
  }),
);

const COMPOSED: readonly BadCase[] = [
  make('a composition of nothing', undefined, invalid('composition', 'composition: expected')),
  make('a number', 5, wrong('composition', 'expected a member')),
  make('a text that ends too early', 'bank + ', wrong('composition', 'expected')),
  make('a member that does not exist', 'bank + none', noMember('composition.sum[1].of')),
  make('a member at an unknown digest', `bank@${UNKNOWN}`, noMember('composition')),
  make('a member of an unknown tenant', 'nobody/bank', noMember('composition')),
  make('a member whose name has a NUL', { stack: ['a\u0000b'] }, wrong('composition.stack[0]', 'expected name')),
  make('the base as a member', 'base', wrong('composition', 'expected name')),
  make('a sum of nothing', { sum: [] }, wrong('composition.sum', /expected/)),
  make('a weight that is a text', { sum: [{ of: 'bank', weight: '1' }] }, wrong('composition.sum[0].weight', 'expected number')),
  make('a weight that is not finite', '1e999*bank', wrong('composition.sum[0].weight', 'expected a finite number')),
  make('a weight beyond all use', '1e30*bank', wrong('composition.sum[0].weight', 'expected a number from')),
  make('an unknown key', { sum: [{ of: 'bank', weight: 1, gain: 2 }] }, wrong('composition.sum[0]', 'gain')),
  make('a parallel inside a sum', 'bank + parallel(bank, bank)', wrong('composition.sum[1].of', 'several answers')),
  make('a stack inside a sum', 'bank + stack(bank, bank)', wrong('composition.sum[1].of', 'has an order')),
  make('a route of compositions', { route: ['bank', 'bank'], by: 'arrow' }, wrong('composition.route[1]', 'once')),
  make('an unknown law', { route: ['bank'], by: 'magic' }, wrong('composition.by', 'expected one of')),
  make('an empty range', 'split(bank[4:4])', wrong('composition.split[0].to', 'expected an integer after')),
  make('too many levels', deep(20), wrong(`composition${'.stack[0]'.repeat(8)}`, 'levels')),
  make('too many members', Array(65).fill('bank').join(' + '), wrong('composition', /64/)),
  make('a label that no head has', { composition: 'bank', labels: ['none'] }, wrong('composition.labels', 'expected labels of the heads')),
  make('the head of no member', { composition: 'bank', head: { member: 'none' } }, wrong('composition.head.member', 'expected a member')),
  make('gates that were never fitted', 'phatgoose(bank)', wrong('composition', 'expected gates that were fitted for phatgoose')),
  make('a centroid that was never fitted', 'centroid(bank; floor=auto)', wrong('composition', 'expected a centroid')),
  make('a router that is not there', 'mod_squad(bank; router=none)', noMember('composition.router')),
  make('a router of another tenant', 'mod_squad(bank; router=nobody/router)', noMember('composition.router')),
  make('a brick as a router', 'mod_squad(bank; router=bank)', wrong('composition', 'expected a router, got bank')),
  make('a router for a law without one', 'arrow(bank; router=bank)', wrong('composition.router', 'expected none')),
  make('a sum as a router', { route: ['bank'], by: 'mod_squad', router: { sum: [] } }, wrong('composition.router', 'expected string')),
  make('a floor of its own for tokens', 'arrow(bank; floor=auto)', wrong('composition.floor', 'expected a number')),
  make('a floor that is a word', { route: ['bank'], by: 'centroid', floor: 'low' }, wrong('composition.floor', 'number or auto')),
  make('a fusion without a router', 'adapter_fusion(bank)', wrong('composition.router', 'expected the fusion that was fitted')),
  make('a fusion of the best', 'adapter_fusion(bank; router=bank, top_k=1)', wrong('composition.top_k', 'expected none')),
  make('a fusion with a floor', 'adapter_fusion(bank; router=bank, floor=auto)', wrong('composition.floor', 'expected none')),
  make('a fusion by what is not there', 'adapter_fusion(bank; router=none)', noMember('composition.router')),
  make('a fusion by a brick, of what is no bottleneck', 'adapter_fusion(bank; router=bank)', wrong('composition', 'cannot be mixed by attention')),
  make('a router in a text that ends', 'mod_squad(bank; router=', wrong('composition', 'expected a member')),
  { ...make('a name that no adapter may have', 'bank', invalid('name', 'name: expected')), body: { name: 'A B', composition: 'bank' } },
  { ...make('a key that may not write', 'bank', { status: 403, code: 'insufficient_permissions', message: /role/ }), as: 'reader' },
  ask('an inline composition of what is not there', { composition: 'none' }, noMember('composition')),
  ask('adapters that are not there', { adapters: [{ name: 'none' }] }, noMember('adapters.sum[0].of')),
  ask('adapters and a composition', { adapters: [{ name: 'bank' }], composition: 'bank' }, invalid('adapters', 'got both')),
  ask('no adapters', { adapters: [] }, invalid('adapters', 'adapters: ')),
  { what: 'a composition that is not there', call: 'GET /v1/compositions/none', refusal: absent('composition_not_found', 'name', 'composition: expected') },
  { what: 'an adapter as a composition', call: 'GET /v1/compositions/bank', refusal: absent('composition_not_found', 'name', 'composition: expected') },
  cut('a squad that is not there', 'none', {}, absent('composition_not_found', 'name', 'composition: expected')),
  cut('an adapter as a squad', 'bank', {}, absent('composition_not_found', 'name', 'composition: expected')),
  cut('a squad by a word', 'none', { threshold: 'much' }, invalid('threshold', 'threshold: expected number')),
  cut('a squad by a number that is not whole', 'none', { keep: 2.5 }, invalid('keep', 'keep: expected int')),
  cut('a squad by a number and a threshold', 'none', { keep: 2, threshold: 3 }, invalid('keep', 'got both')),
  cut('a squad by luck', 'none', { by: 'luck' }, invalid('by', 'expected one of')),
  cut('a squad without a name', 'none', { name: undefined }, invalid('name', 'name: expected')),
  cut('a squad with a key of its own', 'none', { task: 'a' }, invalid('task', 'got "task"')),
  { what: 'deleting an adapter as a composition', call: 'DELETE /v1/compositions/bank', refusal: absent('composition_not_found', 'name', 'composition: expected') },
  { what: 'deleting a composition whose name has a NUL', call: 'DELETE /v1/compositions/a%00', refusal: absent('composition_not_found', 'name', 'composition: expected') },
]; // prettier-ignore

const GRANTS: readonly BadCase[] = [
  { what: 'a grant of what is not there', call: 'POST /v1/grants', body: { adapter: 'none', tenant: ZERO }, refusal: absent('adapter_not_found', 'name', 'adapter: expected') },
  { what: 'a grant of an unknown version', call: 'POST /v1/grants', body: { adapter: 'bank', version: UNKNOWN, tenant: ZERO }, refusal: absent('version_not_found', 'version', 'version: expected') },
  { what: 'a grant to nobody', call: 'POST /v1/grants', body: { adapter: 'bank', tenant: ZERO }, refusal: absent('not_found', 'tenant', 'tenant: expected') },
  { what: 'a grant to a name', call: 'POST /v1/grants', body: { adapter: 'bank', tenant: 'tester' }, refusal: absent('not_found', 'tenant', 'tenant: expected') },
  { what: 'a grant to oneself', call: 'POST /v1/grants', body: { adapter: 'bank', tenant: ':tenant' }, refusal: invalid('tenant', 'tenant: expected another') },
  { what: 'revoking what is not there', call: 'DELETE /v1/grants/none', refusal: absent('grant_not_found', 'grant', 'grant: expected') },
  { what: 'grants after what is no grant', call: 'GET /v1/grants?after=none', refusal: invalid('after', 'after: expected') },
  { what: 'bricks after what is no cursor', call: 'GET /v1/bricks?after=none', refusal: invalid('after', 'after: expected') },
  { what: 'a grant of an unknown tenant', as: 'admin', call: 'POST /admin/grants', body: { owner: ZERO, adapter: 'bank', tenant: ':tenant' }, refusal: absent('not_found', 'tenant', 'tenant: expected') },
  { what: 'revoking any that is not there', as: 'admin', call: `DELETE /admin/grants/${UNKNOWN}`, refusal: absent('grant_not_found', 'grant', 'grant: expected') },
]; // prettier-ignore

export const COMPOSITION_CASES: readonly BadCase[] = [...COMPOSED, ...NESTED, ...CYCLES, ...GRANTS];
