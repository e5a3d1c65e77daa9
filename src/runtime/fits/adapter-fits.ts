import type { Brick } from '../../adapters/brick.js';
import { fromDirectory, type AdapterFiles } from '../../adapters/files.js';
import { importAdapter } from '../../adapters/import.js';
import type { ImportedAdapter } from '../../adapters/import-weights.js';
import { readRouting, ROUTING_FILE, writeRouting, type RoutingFacts } from '../../adapters/routing/routing-file.js';
import { ValidationError } from '../../common/errors.js';
import { fitPhatgoose } from '../../training/fits/phatgoose.js';
import { fitCentroid } from './centroid.js';
import type { Fit, FitContext } from './fit.js';

/** The gates of an adapter, kept beside its files. */
export const phatgoose: Fit<'phatgoose'> = async ({ name: _name, ...settings }, context) => {
  const { spec, base, examples, executor, watch } = context;
  const { files, adapter } = await openInitial(context);
  const { task, labels, brick } = adapter;
  if ((task !== 'sequence_classification' && task !== 'token_classification') || !labels)
    throw new ValidationError(`fit: model: expected a classifier, got one for ${task}`, { param: 'model' });
  let loss = NaN;
  const { gates } = await fitPhatgoose(
    { ...defined(settings), base, brick, task, labels, examples, seed: spec.seed },
    executor,
    { ...watch, onStep: (step) => ((loss = step.loss), watch.onStep?.(step)) },
  );
  return {
    kind: 'adapter',
    files: withRouting(files, { ...factsOf(brick), gates, gatesFor: 'phatgoose' }, context),
    metrics: { train_loss: loss },
  };
};

/** Where the texts of an adapter lie, kept beside its files. */
export const centroid: Fit<'centroid'> = async ({ abstained }, context) => {
  const { base, examples, watch } = context;
  const { files, adapter } = await openInitial(context);
  const texts = examples.map(({ text }) => text);
  const found = await fitCentroid({ base, texts, abstained }, context.runtime(), watch);
  const facts = { ...factsOf(adapter.brick), centroid: found };
  return { kind: 'adapter', files: withRouting(files, facts, context), metrics: { floor: found.floor } };
};

async function openInitial({
  spec,
  base,
}: FitContext): Promise<{ readonly files: AdapterFiles; readonly adapter: ImportedAdapter }> {
  if (spec.initial === undefined)
    throw new ValidationError('fit: model: expected an adapter, got none', { param: 'model' });
  const files = await fromDirectory(spec.initial);
  return { files, adapter: importAdapter(files, base) };
}

function factsOf({ gates, gatesFor, centroid: known }: Brick): RoutingFacts {
  return { ...(gates && gatesFor && { gates, gatesFor }), ...(known && { centroid: known }) };
}

/** @throws what reading it back throws, for nothing is kept that cannot be served */
function withRouting(files: AdapterFiles, facts: RoutingFacts, { base }: FitContext): AdapterFiles {
  const all = new Map([...files, [ROUTING_FILE, writeRouting(facts, base.sites.layers)]]);
  readRouting(all, base.sites);
  return all;
}

/** Without what is not said. */
export function defined<T extends object>(options: T): { [K in keyof T]: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as never;
}
