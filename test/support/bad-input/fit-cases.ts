import { invalid, type BadCase, type Refusal } from './bad-case.js';

const fit = (what: string, body: object, refusal: Refusal): BadCase => ({
  ...{ what, call: 'POST /v1/fine_tuning/jobs', refusal },
  body: { model: 'base', training_file: 'file-00000000000000000000000000000000', ...body },
});
const lorahub = (what: string, more: object, message: string): BadCase =>
  fit(what, { objective: { type: 'lorahub', members: ['bank'], ...more } }, invalid('objective', message));

const merge = (what: string, more: object, refusal: Refusal, body: object = {}): BadCase =>
  fit(`a merge ${what}`, { training_file: undefined, objective: { type: 'merge', ...more }, ...body }, refusal);
const FILE = 'file-00000000000000000000000000000000';

/** Jobs that fit. */
export const FIT_CASES: readonly BadCase[] = [
  fit('without a name', { objective: {} }, invalid('objective', 'expected a name or a type, got neither')),
  fit('of two names', { objective: { type: 'soup', name: 'floor' } }, invalid('objective', 'got floor and soup')),
  lorahub('of no members', { members: [] }, 'members'),
  lorahub('of a member twice', { members: ['bank', 'bank'] }, 'expected each member once'),
  lorahub('of a member that is a number', { members: [1] }, 'members[0]'),
  lorahub('with an unknown option', { weights: [1] }, 'weights'),
  lorahub('without evaluations', { evaluations: 0 }, 'evaluations'),
  lorahub('with too many evaluations', { evaluations: 1e9 }, 'evaluations'),
  lorahub('with a bound of nothing', { bound: 0 }, 'bound'),
  lorahub('answered by a stranger', { head: 'nobody' }, 'head: expected base, or a member'),
  fit(
    'a fusion of what is no bottleneck',
    { objective: { type: 'adapter_fusion', members: ['bank'] } },
    {
      status: 422,
      code: 'incompatible_adapter',
      message: 'expected bottleneck adapters, whose outputs attention mixes',
    },
  ),
  fit(
    'a fusion of the best',
    { objective: { type: 'adapter_fusion', members: ['bank'], top_k: 1 } },
    invalid('objective', 'top_k'),
  ),
  fit(
    'of a member that is not there',
    { objective: { type: 'soup', members: ['nobody'] } },
    { status: 404, code: 'member_not_found', message: 'expected a brick of yours' },
  ),
  fit(
    'of members, on from an adapter',
    { model: 'bank', objective: { type: 'lorahub', members: ['bank'] } },
    invalid('model', 'expected base with the objective lorahub, got bank'),
  ),
  fit('the gates of the base', { objective: { type: 'phatgoose' } }, invalid('model', 'expected an adapter of yours')),
  fit(
    'gates for another task',
    { model: 'bank', task: 'embedding', objective: { type: 'phatgoose' } },
    invalid('task', 'expected sequence_classification as bank has it'),
  ),
  fit(
    'gates with a method',
    { model: 'bank', adapter: { method: 'lora' }, objective: { type: 'phatgoose' } },
    invalid('adapter', 'expected none with the objective phatgoose, got lora'),
  ),
  fit(
    'gates with hyper-parameters',
    { model: 'bank', hyperparameters: { n_epochs: 1 }, objective: { type: 'phatgoose' } },
    invalid('hyperparameters', 'got n_epochs'),
  ),
  fit(
    'a centroid that leaves out all',
    { model: 'bank', objective: { type: 'centroid', abstained: 1 } },
    invalid('objective', 'abstained'),
  ),
  fit(
    'a floor of no composition',
    { objective: { type: 'floor', composition: 'arrow(' } },
    { status: 400, code: 'invalid_composition', message: 'composition' },
  ),
  merge('of nothing', {}, invalid('objective', 'expected either members or a composition, got neither')),
  merge('of both', { members: ['bank'], composition: 'bank' }, invalid('objective', 'got both')),
  merge('of an unknown kind', { members: ['bank'], merge_type: 'mean' }, invalid('objective', 'objective.merge_type')),
  merge(
    'with a weight too many',
    { members: ['bank'], weights: [1, 2] },
    invalid('objective', 'objective.weights: expected one for each of 1 members'),
  ),
  merge(
    'with a weight that is not finite',
    { members: ['bank'], weights: [null] },
    invalid('objective', 'objective.weights[0]'),
  ),
  merge(
    'with weights of nothing',
    { members: ['bank'], weights: [0] },
    {
      ...{ status: 400, code: 'invalid_composition', param: 'objective.members' },
      message: 'expected a weight other than 0',
    },
  ),
  merge(
    'with a rank for cat',
    { members: ['bank'], rank: 4 },
    {
      ...{ status: 400, code: 'invalid_composition', param: 'objective.rank', message: 'expected none for cat' },
    },
  ),
  merge(
    'with a density of nothing',
    { members: ['bank'], merge_type: 'ties', density: 0 },
    {
      ...{ status: 400, code: 'invalid_composition', param: 'objective.density', message: 'expected a number over 0' },
    },
  ),
  merge(
    'of a stack',
    { composition: 'stack(bank, bank)' },
    {
      ...{ status: 400, code: 'invalid_composition', param: 'objective.composition', message: 'got a stack' },
    },
  ),
  merge(
    'of what is not there',
    { members: ['nobody'] },
    {
      ...{ status: 404, code: 'member_not_found', message: 'expected a brick of yours' },
    },
  ),
  merge(
    'of what another tenant has',
    { members: ['owner/bank'] },
    {
      ...{ status: 404, code: 'member_not_found', message: 'expected a brick of yours' },
    },
  ),
  merge('answered by a stranger', { members: ['bank'], head: 'nobody' }, invalid('objective', 'objective.head')),
  merge(
    'of a file',
    { members: ['bank'] },
    invalid('training_file', 'expected none with the objective merge, which reads no rows'),
    { training_file: FILE },
  ),
  merge(
    'of a file to validate',
    { members: ['bank'] },
    invalid('validation_file', 'expected none with the objective merge'),
    { validation_file: FILE },
  ),
  merge('on from an adapter', { members: ['bank'] }, invalid('model', 'expected base'), { model: 'bank' }),
  merge('with a data set', { members: ['bank'] }, invalid('dataset', 'got seed'), { dataset: { seed: 1 } }),
  fit('no file', { training_file: undefined }, invalid('training_file', 'expected the id of a file, got none')),
];
