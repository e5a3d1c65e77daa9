import type { HeadLabels } from '../models/heads.js';
import type { AdapterTask } from './adapter-base.js';
import type { KeyVerdict } from './key-rules.js';

/** All that can be said of an adapter before it is served. */
export interface ConformanceReport {
  readonly format: 'peft' | 'adapterhub' | 'tessera' | 'huggingface' | 'unknown';
  readonly method: string;
  /** False when something below is refused. */
  readonly served: boolean;
  /** Rules broken, each with the value that breaks it. */
  readonly refusals: readonly string[];
  readonly notes: readonly string[];
  readonly keys: readonly KeyVerdict[];
  readonly tensors: readonly { readonly name: string; readonly dtype: string; readonly shape: readonly number[] }[];
  /** Different ranks, bottleneck widths or token counts in use, ascending. */
  readonly ranks: readonly number[];
  readonly parameters: number;
  /** Of all files. */
  readonly bytes: number;
  readonly task?: AdapterTask;
  readonly head?: { readonly kind: string; readonly outputs: number };
  readonly labels?: readonly string[];
  /** How labels are scored: one of them, several, or a number. */
  readonly problem?: HeadLabels['problem'];
  readonly digest?: string;
  /** The family it was checked against; absent: shapes, sites and head are unchecked. */
  readonly base?: string;
  /** Of the resolved brick in memory; known with a base only. */
  readonly residentBytes?: number;
}

/** The report as text, one fact a line. */
export function renderReport(report: ConformanceReport): string {
  const { head, labels = [] } = report;
  const shown = labels.length > 12 ? `${labels.slice(0, 12).join(', ')} … (${labels.length})` : labels.join(', ');
  const fact = (name: string, value: string | undefined): string[] => (value ? [`${name.padEnd(12)} ${value}`] : []);
  return [
    ...fact('verdict', report.served ? 'can be served' : 'refused'),
    ...report.refusals.map((rule) => `  refused    ${rule}`),
    ...report.notes.map((note) => `  note       ${note}`),
    ...fact('format', `${report.format}, ${report.method}`),
    ...fact('base', report.base ?? 'none given: sites, shapes and head are unchecked'),
    ...fact('task', report.task),
    ...fact('head', head && `${head.kind}, ${head.outputs} outputs`),
    ...fact('labels', shown),
    ...fact('problem', report.problem),
    ...fact('ranks', report.ranks.join(', ')),
    ...fact('parameters', `${report.parameters} in ${report.tensors.length} tensors`),
    ...fact('files', `${report.bytes} bytes`),
    ...fact('resident', report.residentBytes === undefined ? undefined : `${report.residentBytes} bytes`),
    ...fact('digest', report.digest),
    ...(report.keys.length > 0 ? ['keys'] : []),
    ...report.keys.map(({ key, verdict, reason }) => `  ${verdict.padEnd(9)}  ${key}${reason ? `: ${reason}` : ''}`),
    ...(report.tensors.length > 0 ? ['tensors'] : []),
    ...report.tensors.map(({ name, dtype, shape }) => `  ${dtype} [${shape.join(', ')}] ${name}`),
    '',
  ].join('\n');
}
