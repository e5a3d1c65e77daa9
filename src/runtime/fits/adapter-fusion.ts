import { baseTensors } from '../../adapters/base-tensors.js';
import { ValidationError } from '../../common/errors.js';
import type { Head, HeadLabels } from '../../models/heads.js';
import { fitFusion } from '../../training/fits/fusion.js';
import { runLabels } from '../../training/run/encoded-example.js';
import { ownHead } from '../own-head.js';
import { defined } from './adapter-fits.js';
import type { Fit, FitContext } from './fit.js';
import type { FitMember } from './lora-hub.js';
import { bricksOf, chooseHead, classification } from './member-fits.js';

/** Attention over the outputs of bottlenecks: a router, and with it a composition of them. */
export const adapterFusion: Fit<'adapter_fusion'> = async (
  { name: _name, members: _members, head: asked, ...settings },
  context,
) => {
  const { spec, base, examples, executor, watch } = context;
  const task = classification(context);
  const members = await bricksOf(spec.members);
  const { labels, head } = answering(asked, members, context);
  let loss = NaN;
  const files = await fitFusion(
    { ...defined(settings), ...{ base, task, examples, members, labels, seed: spec.seed }, ...(head && { head }) },
    executor,
    { ...watch, onStep: (step) => ((loss = step.loss), watch.onStep?.(step)) },
  );
  const card = { task, ...labels };
  const fusion = {
    members: members.map((member) => member.name),
    ...(asked !== undefined && { head: asked === 'base' ? ('base' as const) : { member: asked } }),
  };
  return {
    kind: 'adapter',
    files: head
      ? files
      : new Map([...files, ['card.json', new TextEncoder().encode(`${JSON.stringify(card, null, 2)}\n`)]]),
    metrics: { train_loss: loss },
    ...{ labels, fusion },
  };
};

/** A head that stays as it is; without one the labels of a new one. */
function answering(
  asked: string | undefined,
  members: readonly FitMember[],
  context: FitContext,
): { readonly labels: HeadLabels; readonly head?: Head } {
  const { spec, base, examples } = context;
  const task = classification(context);
  if (asked === undefined) {
    const labels = runLabels(task, spec.problem ?? 'single', spec.labels, examples);
    if (labels) return { labels };
    throw new ValidationError(`fit: labels: expected some for ${task}, got none`, { param: 'labels' });
  }
  const { member, labels } = chooseHead(asked, context);
  const own = members.find(({ name }) => name === member)?.brick;
  const head = own
    ? ownHead(own, baseTensors(base))
    : base.heads[task === 'token_classification' ? 'token' : 'sequence'];
  if (head) return { labels, head };
  throw new ValidationError(`fit: head: expected one for ${task}, got none of ${asked}`, { param: 'objective' });
}
