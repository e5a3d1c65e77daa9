import { writeFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, sha256Hex } from '../../common/digest.js';
import type { Tokenizer } from '../../models/tokenizers/tokenizer.js';
import { assignSplits } from './assign-splits.js';
import { tokenBorderCheck } from './bio-labels.js';
import type { DataCard, SourceCard } from './data-card.js';
import { DisjointSets } from './disjoint-sets.js';
import { type DataTask, type Field, type Problem, type Split, SPLITS } from './example.js';
import { FaultLog } from './fault.js';
import { type FieldKeys, fieldsOf } from './fields.js';
import { ingest, type Intake } from './ingest.js';
import { reasonsUnusable, warningsOf } from './judge-data.js';
import { findNearDuplicates, NEAR_DEFAULTS, type NearDuplicates, type NearOptions } from './near-duplicates.js';
import type { ExampleRules } from './parse-example.js';
import { RowTable } from './row-table.js';
import { settleDuplicates } from './settle-duplicates.js';
import { LineWriter } from './spool.js';
import { SplitCounts } from './split-counts.js';
import { Strata } from './strata.js';
import type { Fractions } from './stratify.js';
import { writeSplits } from './write-splits.js';

export interface PinnedSource {
  readonly name: string;
  readonly source: AsyncIterable<Uint8Array>;
  readonly format: 'jsonl' | 'csv';
  readonly split: 'validation' | 'test';
  /** Keys of its fields, where they are not those of the main file. */
  readonly columns?: FieldKeys;
}

export interface PrepareOptions {
  /** An existing directory; gets train.jsonl, validation.jsonl, test.jsonl and card.json, none of which may be there. */
  readonly directory: string;
  readonly task: DataTask;
  /** Of sequence classification. Default `single`. */
  readonly problem?: Problem | undefined;
  /** The labels there may be; any when absent. */
  readonly labels?: readonly string[] | undefined;
  /** Rows name one of these tasks; each has labels of its own. */
  readonly tasks?: readonly string[] | undefined;
  /** False where rows need no label, as for distillation. Default true. */
  readonly labelled?: boolean;
  /** Keys of the file for fields whose names are not known ones. */
  readonly columns?: FieldKeys;
  readonly delimiter?: string | undefined;
  /** Names of the columns of a CSV file without a header. */
  readonly header?: readonly string[] | undefined;
  readonly seed?: number;
  /** Default 0.1 and 0.1. */
  readonly fractions?: Fractions;
  /** `false` keeps near-duplicates, which then may stand in different splits. */
  readonly near?: NearOptions | false;
  /** Further files whose rows belong to one split: a validation file, or the test split of an earlier state of the data. */
  readonly pinned?: readonly PinnedSource[];
  /** Counts lengths in tokens and checks that entities begin and end at words. */
  readonly tokenizer?: Pick<Tokenizer, 'encode'> | undefined;
  readonly maxTokens?: number | undefined;
  /** Longest text without a warning, in code points. Default 10,000. */
  readonly maxCharacters?: number;
  /** Default 1 MiB. */
  readonly maxRowBytes?: number;
  /** Default 2 million, which takes about 500 MB of memory. */
  readonly maxRows?: number;
  /** Largest share of rows with an error before the data are unusable. Default 0.1. */
  readonly maxFaultyShare?: number;
  readonly signal?: AbortSignal;
}

type RuleOptions = Pick<
  PrepareOptions,
  'tasks' | 'task' | 'problem' | 'labels' | 'labelled' | 'tokenizer' | 'maxCharacters'
>;

const FILES = [...SPLITS.map((split) => `${split}.jsonl`), 'card.json'];

/**
 * Turns an uploaded file into splits that can be trained and evaluated on, and a card that says what it found: read and
 * validate, keep one row of each text, settle labels that differ, remove near-duplicates, split by label, write.
 *
 * Memory holds numbers only: 37 bytes a row, about 190 more while near-duplicates are found, and one chunk of text. Texts
 * pass through a temporary file of about the source's size in `directory`. The result depends on the bytes of the sources and
 * the options alone. Data that cannot be trained on are no error: `card.unusable` says why.
 *
 * @throws ValidationError  when the file as a whole cannot be read: no column for a field, UTF-16, a header that repeats
 * @throws TooLargeError    beyond `maxRows`
 */
export async function prepareDataset(
  source: AsyncIterable<Uint8Array>,
  format: 'jsonl' | 'csv',
  options: PrepareOptions,
): Promise<DataCard> {
  const spoolPath = join(options.directory, 'rows.spool');
  try {
    return await prepare({ name: 'data', source, format }, spoolPath, options);
  } catch (error) {
    await Promise.all(FILES.map((file) => rm(join(options.directory, file), { force: true })));
    throw error;
  } finally {
    await rm(spoolPath, { force: true });
  }
}

async function prepare(
  main: Omit<PinnedSource, 'split'>,
  spoolPath: string,
  options: PrepareOptions,
): Promise<DataCard> {
  const { task, problem = 'single', seed = 0, fractions = { validation: 0.1, test: 0.1 }, directory } = options;
  const near = options.near === false ? undefined : (options.near ?? NEAR_DEFAULTS);
  const faults = new FaultLog();
  const strata = new Strata();
  const table = new RowTable(options.maxRows ?? 2_000_000);
  const spool = await LineWriter.create(spoolPath);
  const sources = await readSources(main, { spool, table, strata, faults }, options);

  const settled = settleDuplicates(table, isValued(task, problem));
  const { kept } = settled;
  const alike = near ? await findNearDuplicates(spoolPath, table, kept, near) : noneAlike(kept.length);
  const { splits, largestCluster } = assignSplits(table, kept, alike, strata, fractions);
  const counts = new SplitCounts(options.tokenizer);
  const plan = { kept, removed: alike.removed, splits, values: settled.values };
  const files = await writeSplits(spoolPath, directory, plan, (row, split) => counts.add(row, split));

  const nearDuplicates = alike.removed.reduce((sum, is) => sum + is, 0);
  const read = sources.reduce((sum, { lines }) => sum + lines.read, 0);
  const facts = {
    version: 1 as const,
    task,
    problem,
    digest: digestOf(files),
    sources,
    seed,
    fractions,
    near,
    rows: {
      read,
      faulty: read - table.size,
      duplicates: settled.duplicates,
      nearDuplicates,
      nearDiffering: alike.differing,
      outvoted: settled.outvoted,
      kept: kept.length - nearDuplicates,
      largestCluster,
    },
    conflicts: {
      texts: settled.conflicts,
      settled: settled.settled,
      dropped: settled.conflicts - settled.settled,
    },
    splits: files,
    ...counts.card(),
    faults: { counts: faults.counts, first: faults.first },
  };
  const { labelled = true, maxFaultyShare = 0.1, maxTokens } = options;
  const rules = { labelled, maxFaultyShare, maxTokens };
  const card: DataCard = { ...facts, warnings: warningsOf(facts, rules), unusable: reasonsUnusable(facts, rules) };
  await writeFile(join(directory, 'card.json'), `${JSON.stringify(card, null, 2)}\n`, { flag: 'wx' });
  return card;
}

/** Pinned files first, so that of rows that are alike the one that is held out stays. */
async function readSources(
  main: Omit<PinnedSource, 'split'>,
  intake: Intake,
  options: PrepareOptions,
): Promise<SourceCard[]> {
  const { columns = {}, seed = 0, maxRowBytes = 1 << 20, delimiter, header, signal } = options;
  const shared = { rules: rulesOf(options), columns, seed, maxRowBytes, signal };
  const cards: SourceCard[] = [];
  try {
    for (const { name, source, format, split, columns: own = columns } of options.pinned ?? []) {
      const pinned = { name, bytes: source, format, pin: SPLITS.indexOf(split) };
      cards.push(await ingest(pinned, intake, { ...shared, columns: own }));
    }
    const data = { name: main.name, bytes: main.source, format: main.format, pin: 0 };
    cards.push(await ingest(data, intake, { ...shared, delimiter, header }));
  } finally {
    await intake.spool.close();
  }
  return cards;
}

/** What the rows of a task must have. */
export function rulesOf(options: RuleOptions): ExampleRules {
  const { task, problem = 'single', labels, labelled = true, tokenizer, maxCharacters = 10_000 } = options;
  const { tasks } = options;
  const fields = fieldsOf(task, problem, tasks !== undefined);
  const target: Field | undefined = fields.find((field) => ['label', 'labels', 'entities'].includes(field));
  const required = new Set<Field>(['text']);
  if (labelled && target) required.add(target);
  if (labelled && task === 'sequence_classification' && problem === 'regression') required.add('value');
  if (task === 'embedding') required.add('pair');
  if (tasks) required.add('task');
  return {
    fields,
    required,
    maxCharacters,
    labels: labels && new Set(labels),
    tasks: tasks && new Set(tasks),
    offToken: tokenizer && task === 'token_classification' ? tokenBorderCheck(tokenizer) : undefined,
  };
}

function isValued(task: DataTask, problem: Problem): boolean {
  return task === 'embedding' || (task === 'sequence_classification' && problem === 'regression');
}

function noneAlike(rows: number): NearDuplicates {
  return { removed: new Uint8Array(rows), clusters: new DisjointSets(rows), differing: 0 };
}

function digestOf(files: Record<Split, { readonly digest: Digest }>): Digest {
  return `sha256:${sha256Hex(SPLITS.map((split) => files[split].digest).join())}`;
}
