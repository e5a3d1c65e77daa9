import { ShapeError } from '../../common/errors.js';
import { sizeOf, tensor, type Tensor } from '../../engine/tensor.js';
import { Random } from '../../common/random.js';
import { tokenFeeds, type TokenRow, type VirtualTokens } from '../step/batch-feeds.js';
import type { RunModel } from '../step/run-model.js';
import type { Feeds } from '../step/step.js';
import type { EncodedExample } from './encoded-example.js';
import { maskTokens, type MaskOptions } from './mask-tokens.js';

/** One row of a batch and whose it is. */
export interface BatchRow {
  readonly example: EncodedExample;
  /** Its number in its run's data. */
  readonly index: number;
  readonly run: number;
}

export interface CollateOptions {
  readonly model: Pick<RunModel, 'task' | 'runs' | 'base'>;
  readonly virtual: VirtualTokens;
  /** For masked_lm. */
  readonly mask?: MaskOptions;
  /** Names the stream of the masks of one part of a step; of each run where they are not at the same step. */
  readonly stream: readonly (string | number)[] | ((run: number) => readonly (string | number)[]);
  /** Of each run. */
  readonly seeds: readonly number[];
  /** Outputs of the head; float targets of fewer labels are filled up with zeros. */
  readonly outputs?: number;
}

/** What the objective reads of a batch, before it is laid out. */
interface Targets {
  readonly feeds: Feeds;
  /** The row of the batch that each loss belongs to; −1 for padding and virtual tokens, whose loss never counts. */
  readonly owners: readonly number[];
  readonly shape: readonly number[];
}

/** The feeds of a batch but for `teacher`, `entry` and dropout: tokens, targets, weights and runs. */
export function collate(rows: readonly BatchRow[], options: CollateOptions): Feeds {
  const { model, virtual } = options;
  const { config } = model.base;
  const { tokens, targets } = laidOut(rows, options);
  const tokenInputs = tokenFeeds(tokens, config, virtual);
  const [, seq = 0] = tokenInputs['input_ids']?.shape ?? [];
  const { feeds, owners, shape } = targets(seq);
  const ofRow = (row: number): BatchRow => {
    const found = rows[row % rows.length];
    if (!found) throw new ShapeError(`collate: row: expected one below ${rows.length}, got ${row}`);
    return found;
  };
  const weights = Float32Array.from(owners, (row) => (row < 0 ? 0 : ofRow(row).example.weight));
  return {
    ...tokenInputs,
    ...feeds,
    row_weight: tensor('float32', shape, weights),
    ...(model.runs > 1 && {
      run: int32(tokens.map((_, row) => ofRow(row).run)),
      loss_run: int32(owners.map((row) => (row < 0 ? 0 : ofRow(row).run))),
    }),
  };
}

interface LaidOut {
  readonly tokens: readonly TokenRow[];
  readonly targets: (seq: number) => Targets;
}

function laidOut(rows: readonly BatchRow[], options: CollateOptions): LaidOut {
  const { task } = options.model;
  const tokens = rows.map(({ example }) => example);
  if (tokens.some(({ maskAt }) => maskAt !== undefined)) {
    return { tokens, targets: (seq) => promptTargets(tokens, seq, options.virtual.promptTokens) };
  }
  if (task === 'masked_lm') return maskedRows(rows, options);
  if (task === 'embedding') {
    const positives = rows.map(({ example }) => example.positive ?? example);
    const pairs = rows.map((_, row) => row);
    const isValued = rows.some(({ example }) => example.likeness !== undefined);
    const values = Float32Array.from(rows, ({ example }) => example.likeness ?? NaN);
    const feeds = {
      anchors: int32(pairs),
      positives: int32(pairs.map((row) => rows.length + row)),
      ...(isValued && { likeness: tensor('float32', [pairs.length], values) }),
    };
    const targets = (): Targets => ({ feeds, owners: pairs, shape: [pairs.length] });
    return { tokens: [...tokens, ...positives], targets };
  }
  if (task === 'token_classification') {
    return { tokens, targets: (seq) => tokenTargets(tokens, seq, options.virtual.promptTokens) };
  }
  return { tokens, targets: () => sequenceTargets(tokens, options.outputs) };
}

function sequenceTargets(examples: readonly EncodedExample[], outputs: number | undefined): Targets {
  const owners = examples.map((_, row) => row);
  const width = outputs ?? examples[0]?.values?.length ?? 1;
  const values = new Float32Array(examples.length * width);
  examples.forEach((example, row) => values.set(example.values ?? [], row * width));
  const isFloat = examples.some((example) => example.values !== undefined);
  const targets = isFloat
    ? tensor('float32', [examples.length, width], values)
    : int32(examples.map(({ label = -100 }) => label));
  const isOfTasks = examples.some(({ task }) => task !== undefined);
  const task = int32(examples.map((example) => example.task ?? 0));
  return { feeds: { targets, ...(isOfTasks && { task }) }, owners, shape: [examples.length] };
}

/** A loss for each row, at its mask. */
function promptTargets(examples: readonly EncodedExample[], seq: number, virtual: number): Targets {
  const { feeds, owners, shape } = sequenceTargets(examples, undefined);
  return { feeds: { ...feeds, positions: positionsOfMasks(examples, seq, virtual) }, owners, shape };
}

/** Flat places of the masks of prompts in a batch of rows of `seq` tokens after `virtual` ones. int32 [batch] */
export function positionsOfMasks(
  rows: readonly { readonly maskAt?: number }[],
  seq: number,
  virtual: number,
): Tensor<'int32'> {
  return int32(rows.map(({ maskAt = 0 }, row) => row * seq + virtual + maskAt));
}

function tokenTargets(examples: readonly EncodedExample[], seq: number, virtual: number): Targets {
  const shape = [examples.length, seq];
  const targets = new Int32Array(sizeOf(shape)).fill(-100);
  examples.forEach(({ tokenLabels }, row) => targets.set(tokenLabels ?? [], row * seq + virtual));
  const owners = Array.from(targets, (_, at) => {
    const [row, position] = [Math.floor(at / seq), (at % seq) - virtual];
    return position >= 0 && position < (examples[row]?.inputIds.length ?? 0) ? row : -1;
  });
  return { feeds: { targets: tensor('int32', shape, targets) }, owners, shape };
}

/** Masks are drawn for each example by its own name, so that they do not depend on the rows beside it. */
function maskedRows(rows: readonly BatchRow[], { mask, stream, seeds, virtual }: CollateOptions): LaidOut {
  if (!mask) throw new ShapeError('collate: masked_lm: expected how to mask, got nothing');
  const streamOf = typeof stream === 'function' ? stream : () => stream;
  const masked = rows.map(({ example, index, run }) => {
    const random = Random.stream(seeds[run] ?? 0, 'mask', ...streamOf(run), index);
    return maskTokens(example.inputIds, example.maskable ?? new Int32Array(), mask, random);
  });
  const tokens = rows.map(({ example }, row) => ({ ...example, inputIds: masked[row]?.inputIds ?? example.inputIds }));
  const owners = masked.flatMap(({ positions }, row) => positions.map(() => row));
  return {
    tokens,
    targets: (seq) => ({
      feeds: {
        positions: int32(
          masked.flatMap((each, row) => each.positions.map((at) => row * seq + virtual.promptTokens + at)),
        ),
        targets: int32(masked.flatMap((each) => each.targets)),
      },
      owners,
      shape: [owners.length],
    }),
  };
}

function int32(values: readonly number[]): Tensor<'int32'> {
  return tensor('int32', [values.length], Int32Array.from(values));
}
