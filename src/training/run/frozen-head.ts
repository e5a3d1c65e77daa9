import { WHOLE_METHODS } from '../../adapters/whole-model.js';
import { ValidationError } from '../../common/errors.js';
import { shortened } from '../../common/schema-issue.js';
import type { BaseModel } from '../../models/base-model.js';
import type { HeadLabels } from '../../models/heads.js';
import type { TrainingSpec } from '../hyperparameters.js';

type Asked = Pick<TrainingSpec, 'head' | 'task' | 'problem' | 'labels' | 'method' | 'objective' | 'initial'>;

/**
 * The labels of a run under the base's own head: all that the base has, in its order, so that adapters of many data sets
 * answer alike. Undefined where the run trains its head.
 *
 * @throws ValidationError  where the base has no such head, for labels that it does not know, and for a run whose head is its own
 */
export function frozenLabels(spec: Asked, base: Pick<BaseModel, 'heads' | 'labels'>): HeadLabels | undefined {
  if (spec.head !== 'frozen') return undefined;
  const { task, problem, objective, method, initial } = spec;
  const own = { sequence_classification: base.heads.sequence, token_classification: base.heads.token };
  const head = task in own ? own[task as keyof typeof own] : undefined;
  const rules: [boolean, string, string][] = [
    [head !== undefined && base.labels !== undefined, `a ${task} head with labels in the base`, 'none'],
    [base.labels?.problem === problem, `problem ${base.labels?.problem} as the base has it`, problem],
    [
      objective?.name !== 'prompt' && objective?.name !== 'multi_task',
      'an objective of one head',
      objective?.name ?? '',
    ],
    [!WHOLE_METHODS.includes(method.name), 'a method of adapters', method.name],
    [initial === undefined, 'a new adapter', 'one to go on from'],
  ];
  const broken = rules.find(([isKept]) => !isKept);
  if (broken) throw wrongHead(broken[1], broken[2]);
  const known = base.labels!;
  const unknown = spec.labels?.find((label) => !known.labels.includes(label));
  if (unknown !== undefined) throw wrongHead("the base's labels", shortened(unknown));
  return known;
}

function wrongHead(rule: string, got: string): ValidationError {
  return new ValidationError(`head: frozen: expected ${rule}, got ${got}`, { param: 'hyperparameters' });
}
