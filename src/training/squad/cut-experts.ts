import type { AdapterBase } from '../../adapters/adapter-base.js';
import { canonicalJson, parseConfig } from '../../adapters/config.js';
import type { AdapterFiles } from '../../adapters/files.js';
import { PEFT_CONFIG, PEFT_WEIGHTS, peftFiles, TUNER_PREFIX } from '../../adapters/peft-format.js';
import { readWeights, requireFile, type FloatTensor, type Weights } from '../../adapters/weights.js';
import { IncompatibleAdapterError } from '../../common/errors.js';

/**
 * New experts out of stored ones: number j has at each place what the j-th of those that stay there has.
 *
 * @param experts  as `expertFiles` wrote them, in the router's order
 * @param kept     numbers of those that stay, by the places' names, e.g. `query.3`; as many at each
 * @throws IncompatibleAdapterError  for experts that are not of one configuration, or adapt more than is routed
 */
export function cutExperts(
  experts: readonly AdapterFiles[],
  kept: ReadonlyMap<string, readonly number[]>,
  { sites }: Pick<AdapterBase, 'sites'>,
): AdapterFiles[] {
  const opened = experts.map(open);
  const [first] = opened;
  const odd = opened.find(({ text }) => text !== first?.text);
  if (!first || odd) throw refused('of one configuration each', 'several');
  const placeOf = new Map<string, string>(
    sites.sites.flatMap(({ module, role, layer }) =>
      ['A', 'B'].map((factor) => [`${TUNER_PREFIX}${module}.lora_${factor}.weight`, `${role}.${layer}`] as const),
    ),
  );
  const [some = []] = kept.values();
  return some.map((_, at) => {
    const weights = [...first.weights.keys()].map((name): [string, FloatTensor] => {
      const chosen = kept.get(placeOf.get(name) ?? '')?.[at];
      const held = chosen === undefined ? undefined : opened[chosen]?.weights.get(name);
      if (!held) throw refused('with low-rank factors of the places that are routed', name);
      return [name, held];
    });
    return peftFiles(first.config, new Map(weights));
  });
}

function open(files: AdapterFiles): {
  readonly config: ReturnType<typeof parseConfig>;
  readonly text: string;
  readonly weights: Weights;
} {
  const beside = [...files.keys()].find((name) => ![PEFT_CONFIG, PEFT_WEIGHTS, 'card.json'].includes(name));
  if (beside !== undefined) throw refused('as PEFT has LoRA, without a head', beside);
  const config = parseConfig(requireFile(files, PEFT_CONFIG), PEFT_CONFIG);
  const weights = readWeights(requireFile(files, PEFT_WEIGHTS), PEFT_WEIGHTS);
  return { config, text: canonicalJson(config), weights };
}

function refused(rule: string, got: string): IncompatibleAdapterError {
  const message = `squad: by layers: expected experts ${rule}, got ${got}: cut it by experts`;
  return new IncompatibleAdapterError(message, { param: 'by' });
}
