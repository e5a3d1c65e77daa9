import type { AdapterBase, AdapterTask } from './adapter-base.js';
import type { AdapterFiles } from './files.js';
import type { ImportOptions } from './import.js';

/** What became of one key of adapter_config.json. */
export interface KeyVerdict {
  readonly key: string;
  readonly verdict: 'honoured' | 'ignored' | 'refused';
  /** Why it is ignored or refused. */
  readonly reason?: string;
}

/** All that can be said of an adapter before it is served. */
export interface ConformanceReport {
  readonly format: 'peft' | 'adapterhub' | 'unknown';
  readonly method: string;
  /** False when something below is refused. */
  readonly served: boolean;
  /** Rules broken, each with the value that breaks it. */
  readonly refusals: readonly string[];
  readonly notes: readonly string[];
  readonly keys: readonly KeyVerdict[];
  readonly tensors: readonly { readonly name: string; readonly dtype: string; readonly shape: readonly number[] }[];
  /** Different ranks (or bottleneck widths, or virtual tokens) in use, ascending. */
  readonly ranks: readonly number[];
  readonly parameters: number;
  readonly bytes: number;
  readonly task?: AdapterTask;
  readonly head?: { readonly kind: string; readonly outputs: number };
  readonly labels?: readonly string[];
  readonly digest?: string;
  /** The family it was checked against; absent: shapes, sites and heads are unchecked. */
  readonly base?: string;
  /** Bytes of the resolved brick; known with a base only. */
  readonly residentBytes?: number;
}

export declare function inspectAdapter(
  files: AdapterFiles,
  base?: AdapterBase,
  options?: ImportOptions,
): ConformanceReport;
export declare function renderReport(report: ConformanceReport): string;
