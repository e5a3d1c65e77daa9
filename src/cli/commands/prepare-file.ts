import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { ValidationError } from '../../common/errors.js';
import { directorySource } from '../../models/directory-source.js';
import { loadBaseModel } from '../../models/load.js';
import type { DataCard } from '../../training/datasets/data-card.js';
import type { DataTask, Field, Problem } from '../../training/datasets/example.js';
import { ALIASES, type FieldKeys } from '../../training/datasets/fields.js';
import { inferTask } from '../../training/datasets/infer-task.js';
import { prepareDataset, type PrepareOptions } from '../../training/datasets/prepare.js';
import { oneOf, optionText, wholeNumber, type OptionValues } from '../command.js';

const TASKS: readonly DataTask[] = ['sequence_classification', 'token_classification', 'masked_lm', 'embedding'];
const PROBLEMS: readonly Problem[] = ['single', 'multi', 'regression'];
const DELIMITERS: Readonly<Record<string, string>> = { tab: '\t', comma: ',', semicolon: ';' };
const MAX_ROW_BYTES = 1 << 20;

/** How a file of examples is read. */
export const READ_OPTIONS = {
  task: { type: 'string' },
  problem: { type: 'string' },
  columns: { type: 'string' },
  labels: { type: 'string' },
  header: { type: 'string' },
  delimiter: { type: 'string' },
  base: { type: 'string' },
  'max-tokens': { type: 'string' },
  seed: { type: 'string', default: '0' },
} as const;

/**
 * Validates, cleans and splits a file, and gives its card.
 *
 * @param options  those of `READ_OPTIONS`
 * @param out      directory that keeps the splits; without it they are thrown away
 */
export async function prepareFile(file: string, options: OptionValues, out?: string): Promise<DataCard> {
  const format = /^\.(csv|tsv)$/i.test(extname(file)) ? 'csv' : 'jsonl';
  const prepareOptions = await readOptions(file, format, options);
  if (out !== undefined) await mkdir(out, { recursive: true });
  const directory = out ?? (await mkdtemp(join(tmpdir(), 'tessera-data-')));
  try {
    return await prepareDataset(createReadStream(file), format, { ...prepareOptions, directory });
  } finally {
    if (out === undefined) await rm(directory, { recursive: true });
  }
}

/** Options of a call, with what the file itself says of its task. */
async function readOptions(
  file: string,
  format: 'jsonl' | 'csv',
  options: OptionValues,
): Promise<Omit<PrepareOptions, 'directory'>> {
  const header = optionText(options, 'header')?.split(',');
  const delimiter = delimiterOf(options) ?? (/\.tsv$/i.test(file) ? '\t' : undefined);
  const columns = columnsOf(optionText(options, 'columns'));
  const reading = { maxRowBytes: MAX_ROW_BYTES, header, delimiter };
  const inferred = inferTask(await startOf(file), format, reading, columns);
  const base = optionText(options, 'base');
  const tokenizer = base === undefined ? undefined : (await loadBaseModel(directorySource(base))).tokenizer;
  const maxTokens = optionText(options, 'max-tokens');
  return {
    ...reading,
    columns,
    tokenizer,
    task: oneOf('task', TASKS, options) ?? inferred.task,
    problem: oneOf('problem', PROBLEMS, options) ?? inferred.problem,
    labels: optionText(options, 'labels')?.split(','),
    seed: wholeNumber('seed', optionText(options, 'seed') ?? '0'),
    maxTokens: maxTokens === undefined ? undefined : wholeNumber('max-tokens', maxTokens),
  };
}

/** Enough of a file for its header and first row. */
async function startOf(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw new ValidationError(`FILE: expected a file that can be read, got ${path}`, { cause });
  });
  try {
    const buffer = Buffer.alloc(MAX_ROW_BYTES);
    const { bytesRead } = await file.read(buffer, 0, buffer.byteLength, 0);
    return Buffer.concat([buffer.subarray(0, bytesRead), Buffer.from('\n')]);
  } finally {
    await file.close();
  }
}

function delimiterOf(options: OptionValues): string | undefined {
  const name = optionText(options, 'delimiter');
  if (name === undefined) return undefined;
  const delimiter = DELIMITERS[name] ?? name;
  if (Object.values(DELIMITERS).includes(delimiter)) return delimiter;
  throw new ValidationError(`--delimiter: expected one of ${Object.keys(DELIMITERS).join(', ')}, got ${name}`);
}

function columnsOf(text: string | undefined): FieldKeys {
  const columns: Partial<Record<Field, string>> = {};
  for (const part of text?.split(',') ?? []) {
    const [field = '', ...name] = part.split('=');
    if (!Object.hasOwn(ALIASES, field) || name.length === 0) {
      throw new ValidationError(
        `--columns: expected FIELD=NAME with a field of ${Object.keys(ALIASES).join(', ')}, got ${part}`,
      );
    }
    columns[field as Field] = name.join('=');
  }
  return columns;
}
