import { AppError } from '../common/errors.js';
import type { AdapterBase } from './adapter-base.js';
import type { AdapterFiles } from './files.js';
import { importAdapter } from './import.js';
import { requireKeys } from './key-rules.js';
import { identifyAdapter, openAdapter, sourceOf } from './open.js';
import type { ConformanceReport } from './report.js';
import type { ImportOptions } from './resolve.js';
import { describe, empty } from './describe.js';
import { judgeHubKeys } from './adapterhub-format.js';
import { FUSION_KEYS, readFusionConfig, readHubFusion } from './routing/hub-fusion.js';
import { readRouterFields } from './routing/router-files.js';
import { reportUnplaced } from './verbaliser/import-verbaliser.js';
import { readVerbaliser } from './verbaliser/verbaliser-file.js';

/**
 * Says what would become of an adapter, without serving it. Never throws for what is in the files: a refusal is part of
 * the report. Without a base the parts that need one (sites, shapes, heads) are unchecked.
 */
export function inspectAdapter(
  files: AdapterFiles,
  base?: AdapterBase,
  options: ImportOptions = {},
): ConformanceReport {
  let report = empty(files);
  try {
    if (readRouterFields(files)) {
      report = { ...report, format: 'tessera', method: 'router' };
      return base ? importAdapter(files, base, options).report : { ...report, served: true };
    }
    const fusion = readFusionConfig(files);
    if (fusion) {
      report = { ...report, format: 'adapterhub', method: 'adapter_fusion' };
      if (base) return importAdapter(files, base, options).report;
      const keys = judgeHubKeys(fusion, FUSION_KEYS, readHubFusion(files, fusion).head?.config);
      report = { ...report, keys };
      requireKeys(keys);
      return { ...report, served: true };
    }
    const verbaliser = readVerbaliser(files);
    if (verbaliser) return base ? importAdapter(files, base, options).report : reportUnplaced(files, verbaliser);
    const { format, type } = identifyAdapter(files);
    report = { ...report, format, method: type };
    const opened = openAdapter(files);
    report = describe(opened, files, []);
    requireKeys(opened.verdicts);
    if (base) return importAdapter(files, base, options).report;
    const checkpoint = opened.method.read(sourceOf(opened, files));
    const task = options.task ?? opened.method.statedTask(checkpoint);
    return { ...report, served: true, ranks: opened.method.ranks(checkpoint), ...(task && { task }) };
  } catch (error) {
    // Anything that is not thrown on purpose is a bug, and stays one.
    if (!(error instanceof AppError)) throw error;
    return { ...report, served: false, refusals: [error.message], ...(base && { base: base.config.family }) };
  }
}
