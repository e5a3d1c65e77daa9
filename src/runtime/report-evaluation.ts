import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonObject } from '../common/json.js';
import { evaluateAnswers, type Answer, type AnswerKind, type AnswerReport } from '../training/evaluation/answers.js';
import { Random } from '../common/random.js';

/** Names in an evaluation's directory: an answer a line, and the scores as little-endian float32. */
export const ANSWER_FILES = { rows: 'answers.jsonl', scores: 'scores.f32' } as const;

/** Answers to measure, as they cross the process border: files in the place of arrays. */
export interface EvaluationRequest {
  readonly directory: string;
  readonly kind: AnswerKind;
  readonly labels: readonly string[];
  /** Of the resamples. */
  readonly seed: number;
  /** Resamples of each interval; 0: none. */
  readonly samples: number;
}

export interface EvaluationResult {
  /** The figures of all rows together, under the names of the API. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly report: JsonObject;
}

/** Beyond this a confusion matrix is left out of the report. */
const MAX_CONFUSION = 400;
/** What names something of the tenant's in a report: such keys stay as they are. */
const NAMED = new Set(['perSlice', 'perLabel']);

/** Measures the answers in a directory; see `evaluateAnswers`. */
export async function reportEvaluation(request: EvaluationRequest): Promise<EvaluationResult> {
  const { directory, kind, labels, seed, samples } = request;
  const text = await readFile(join(directory, ANSWER_FILES.rows), 'utf8');
  const rows = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Answer);
  const bytes = await readFile(join(directory, ANSWER_FILES.scores));
  const scores = Float32Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(4 * at));
  const bootstrap = samples > 0 ? { samples, random: Random.stream(seed, 'bootstrap') } : undefined;
  const report = evaluateAnswers({ kind, rows, labels, scores }, bootstrap);
  return { metrics: metricsOf(report), report: toApi(trimmed(report)) as JsonObject };
}

function trimmed(report: AnswerReport): AnswerReport {
  if (!('confusion' in report) || report.confusion.length <= MAX_CONFUSION) return report;
  const { confusion: _, ...rest } = report;
  return rest as AnswerReport;
}

/** Every number at the top, and those of the averages and areas by their group's name. */
function metricsOf(report: AnswerReport): Record<string, number> {
  const groups = ['macro', 'micro', 'weighted', 'auc'];
  const found = Object.entries(report).flatMap(([name, value]: [string, unknown]): [string, unknown][] => {
    if (!groups.includes(name)) return [[name, value]];
    return Object.entries(value as object).map(([part, own]): [string, unknown] => [`${name}_${part}`, own]);
  });
  return Object.fromEntries(
    found
      .filter((entry): entry is [string, number] => typeof entry[1] === 'number' && Number.isFinite(entry[1]))
      .map(([name, value]) => [snake(name), value]),
  );
}

/** A report as JSON has it: keys in snake case, null for what is not finite. */
function toApi(value: unknown, keepsKeys = false): unknown {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return value.map((part) => toApi(part));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, part]) => part !== undefined)
      .map(([key, part]) => [keepsKeys ? key : snake(key), toApi(part, NAMED.has(key) && !keepsKeys)]),
  );
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
