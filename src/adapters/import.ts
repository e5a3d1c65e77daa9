import type { AdapterBase } from './adapter-base.js';
import type { AdapterFiles } from './files.js';
import { importWeights, type ImportedAdapter } from './import-weights.js';
import { PEFT_CONFIG } from './peft-format.js';
import type { ImportOptions } from './resolve.js';
import { readFusionConfig } from './routing/hub-fusion.js';
import { importFusion } from './routing/import-fusion.js';
import { importRouter } from './routing/import-router.js';
import { readRouterFields } from './routing/router-files.js';
import { readRouting, ROUTING_FILE } from './routing/routing-file.js';
import { adapterDigest } from './digest.js';
import { importVerbaliser } from './verbaliser/import-verbaliser.js';
import { readVerbaliser, VERBALISER_FILE } from './verbaliser/verbaliser-file.js';

/**
 * Reads an adapter or a router, resolves it on a base and says what became of it. A verbaliser makes a classifier of the
 * base, or of the masked-LM adapter whose files lie beside it; a routing file says how routes weigh the adapter.
 *
 * @throws ValidationError           for files that are no adapter, damaged files, labels that do not fit
 * @throws IncompatibleAdapterError  for what this base cannot serve exactly; rule, then value, and `param` the key or tensor
 */
export function importAdapter(files: AdapterFiles, base: AdapterBase, options: ImportOptions = {}): ImportedAdapter {
  const router = readRouterFields(files);
  if (router !== undefined) return importRouter(files, router, base);
  const fusion = readFusionConfig(files);
  if (fusion !== undefined) return importFusion(files, fusion, base, options);
  if (!files.has(ROUTING_FILE)) return importAlone(files, base, options);
  const facts = readRouting(files, base.sites);
  const imported = importAlone(without(files, ROUTING_FILE), base, options);
  const digest = adapterDigest(files, imported.labels);
  return { ...imported, brick: { ...imported.brick, ...facts }, digest, report: { ...imported.report, digest } };
}

function importAlone(files: AdapterFiles, base: AdapterBase, options: ImportOptions): ImportedAdapter {
  const verbaliser = readVerbaliser(files);
  if (verbaliser === undefined) return importWeights(files, base, options);
  const rest = without(files, VERBALISER_FILE);
  const adapter = rest.has(PEFT_CONFIG) ? importWeights(rest, base, { task: 'masked_lm' }) : undefined;
  return importVerbaliser({ files, base, verbaliser, adapter, options });
}

function without(files: AdapterFiles, left: string): AdapterFiles {
  return new Map([...files].filter(([name]) => name !== left));
}
