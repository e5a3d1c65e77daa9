import { ModelError } from '../common/errors.js';
import { bert } from './bert.js';
import { distilbert } from './distilbert.js';
import { electra } from './electra.js';
import type { Family } from './family.js';
import { mpnet } from './mpnet.js';
import { roberta } from './roberta.js';

export const FAMILIES: readonly Family[] = [bert, roberta, distilbert, electra, mpnet];

/** The family of a `model_type`. @throws ModelError  when no family of ours computes it */
export function requireFamily(modelType: unknown): Family {
  const family = FAMILIES.find(({ modelTypes }) => modelTypes.some((known) => known === modelType));
  if (family) return family;
  const known = FAMILIES.flatMap(({ modelTypes }) => modelTypes);
  const got = modelType === undefined ? 'nothing' : JSON.stringify(modelType);
  throw new ModelError(`config.json: model_type: expected one of ${known.join(', ')}, got ${got}`);
}
