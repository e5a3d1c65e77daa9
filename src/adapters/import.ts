import type { HeadLabels } from '../models/heads.js';
import type { AdapterBase, AdapterTask } from './adapter-base.js';
import type { Brick } from './brick.js';
import type { AdapterFiles } from './files.js';
import type { ConformanceReport } from './inspect.js';

export interface ImportOptions {
  /** Names of the head's outputs; they win over card.json and head_config.json. */
  readonly labels?: readonly string[];
  readonly problem?: HeadLabels['problem'];
  /** Needed only where the files leave it open, e.g. a bare `classifier` of BERT without `task_type`. */
  readonly task?: AdapterTask;
}

export interface ImportedAdapter {
  readonly brick: Brick;
  /** Absent for a masked language model and for embeddings. */
  readonly labels?: HeadLabels;
  readonly task: AdapterTask;
  readonly report: ConformanceReport;
  /** `sha256:` and 64 hex digits: the content address of the adapter. */
  readonly digest: string;
}

export declare function importAdapter(files: AdapterFiles, base: AdapterBase, options?: ImportOptions): ImportedAdapter;
