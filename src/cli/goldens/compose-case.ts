import { z } from 'zod';
import { fromDirectory, type AdapterFiles } from '../../adapters/files.js';
import { importAdapter } from '../../adapters/import.js';
import { mergeAdapters, type MergeMember } from '../../composition/merge/merge.js';
import { readLoraSource } from '../../composition/merge/lora-source.js';
import type { MergeOptions } from '../../composition/merge/options.js';
import { MERGE_KINDS } from '../../composition/merge/table.js';
import { reduceComposition } from '../../composition/terms.js';
import type { OpenBase } from './base-pool.js';
import { maxDifference, rowOf } from './difference.js';
import { textRows } from './encoder-case.js';
import type { Expected, GoldenCase, GoldenEntry, GoldenSet } from './golden-set.js';

const peftArgs = z.strictObject({
  combination_type: z.enum(MERGE_KINDS),
  density: z.number().optional(),
  majority_sign_method: z.enum(['total', 'frequency']).optional(),
  svd_rank: z.number().optional(),
});

type Tensors = ReadonlyMap<string, Expected>;

interface Member extends MergeMember {
  readonly name: string;
}

/**
 * One case of composition; returns the largest |got − expected|. A weighted sum goes through the pages of the engine. A
 * merge is made here and compared twice: ΔW of every module with that of the checkpoint that PEFT wrote, and the logits.
 */
export async function runComposeCase(
  set: GoldenSet,
  entry: GoldenEntry,
  golden: GoldenCase,
  base: OpenBase,
): Promise<number> {
  const tensors = await set.readTensors(golden.tensors_file ?? '');
  const members = await readMembers(set, golden);
  if (entry.method === 'weighted_sum') {
    const composition = { sum: members.map(({ name, weight }) => ({ of: name, weight })) };
    for (const { name, files } of members) await load(base, `${entry.id}/${name}`, files);
    const [answer] = reduceComposition(composition).answers;
    const bricks = answer!.terms.map(({ member, weight }) => ({ id: `${entry.id}/${member}`, weight }));
    return logitsDifference(golden, tensors, base, bricks);
  }
  const { files } = mergeAdapters(members, optionsOf(golden, tensors, members));
  await load(base, entry.id, files);
  return Math.max(
    deltaDifference(files, await fromDirectory(set.path(golden.adapter ?? '')), tensors),
    await logitsDifference(golden, tensors, base, [{ id: entry.id, weight: 1 }]),
  );
}

async function readMembers(set: GoldenSet, { adapters = {}, weights = {} }: GoldenCase): Promise<Member[]> {
  return Promise.all(
    Object.entries(adapters).map(async ([name, folder]) => ({
      name,
      weight: weights[name] ?? NaN,
      files: await fromDirectory(set.path(folder)),
    })),
  );
}

async function load(base: OpenBase, id: string, files: AdapterFiles): Promise<void> {
  await base.runtime.load(id, importAdapter(files, base.model, { task: 'sequence_classification' }).brick);
}

async function logitsDifference(
  golden: GoldenCase,
  tensors: Tensors,
  base: OpenBase,
  bricks: readonly { id: string; weight: number }[],
): Promise<number> {
  const rows = textRows(golden, tensors, base).map((text) => ({
    ...text,
    bricks,
    heads: ['base'],
    task: { kind: 'sequence' as const },
  }));
  const answers = (await base.runtime.run(rows)).rows;
  const expected = tensors.get('logits');
  if (!expected) throw new Error('golden tensors: expected logits, got none');
  return Math.max(...answers.map(({ data }, i) => maxDifference(data, rowOf(expected, i))));
}

/** The masks of a DARE case are those that PEFT drew. */
function optionsOf({ peft_args }: GoldenCase, tensors: Tensors, members: readonly Member[]): MergeOptions {
  const { combination_type: kind, density, majority_sign_method: majority, svd_rank: rank } = peftArgs.parse(peft_args);
  return {
    kind,
    ...(density !== undefined && { density }),
    ...(majority !== undefined && { majority }),
    ...(rank !== undefined && { rank }),
    mask({ path, part, member }) {
      const name = `mask.${path}.${part}.${members[member]!.name}`;
      const mask = tensors.get(name);
      if (!mask) throw new Error(`golden tensors: expected ${name}, got none`);
      return mask.data;
    },
  };
}

/** Modules of PEFT's checkpoint and of ours, and the deltas that the case holds beside it. */
function deltaDifference(files: AdapterFiles, peft: AdapterFiles, tensors: Tensors): number {
  const [ours, theirs] = [deltasOf(files), deltasOf(peft)];
  const expected = new Map([...theirs].map(([path, delta]) => [path, tensors.get(`delta.${path}`)?.data ?? delta]));
  if ([...ours.keys()].sort().join() !== [...theirs.keys()].sort().join())
    throw new Error(`merge: expected modules ${[...theirs.keys()].join(', ')}, got ${[...ours.keys()].join(', ')}`);
  return Math.max(...[...ours].map(([path, delta]) => maxDifference(delta, expected.get(path)!)));
}

function deltasOf(files: AdapterFiles): Map<string, Float64Array> {
  const { modules } = readLoraSource(files, 'goldens');
  return new Map(
    [...modules].map(([path, { a, b, rank, in: inWidth, out, scale }]) => {
      const delta = Float64Array.from({ length: out * inWidth }, (_, at) => {
        let sum = 0;
        for (let r = 0; r < rank; r++)
          sum += b[Math.floor(at / inWidth) * rank + r]! * a[r * inWidth + (at % inWidth)]!;
        return scale * sum;
      });
      return [path, delta];
    }),
  );
}
