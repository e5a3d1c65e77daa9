import { fromDirectory } from '../../../../adapters/files.js';
import { importAdapter } from '../../../../adapters/import.js';
import { mergeAdapters } from '../../../../composition/merge/merge.js';
import type { RowBrick } from '../../../../runtime/protocol.js';
import { withBricks, type ComposeRow, type Stage } from '../stage.js';

/** One weight for all; the best on the validation texts is asked the test. */
const WEIGHTS = [0.05, 0.1, 0.2, 0.3, 0.5, 1];
/** As the authors of TIES have it. */
const DENSITY = 0.2;
/** Of the merged update, which has no low rank of its own. */
const TIES_RANK = 80;

/** Every brick at once, whatever is asked. */
export const sums: readonly ComposeRow[] = [
  {
    name: 'best uniform sum',
    score: (stage) => bestWeight(stage, (weight) => stage.bricks.map(({ id }) => ({ id, weight }))),
  },
  {
    name: 'TIES',
    async score(stage) {
      const { base, runtime, bricks } = stage;
      const members = await Promise.all(
        bricks.map(async ({ directory }) => ({ files: await fromDirectory(directory), weight: 1 })),
      );
      const { files, error } = mergeAdapters(members, { kind: 'ties_svd', density: DENSITY, rank: TIES_RANK });
      const { brick } = importAdapter(files, base, { task: 'sequence_classification' });
      const best = await withBricks(runtime, new Map([['ties', brick]]), () =>
        bestWeight(stage, (weight) => [{ id: 'ties', weight }]),
      );
      return { ...best, what: `${best.what}, ${(100 * error).toFixed(0)} % from the sum` };
    },
  },
];

async function bestWeight({ examiner, validation, test }: Stage, sum: (weight: number) => readonly RowBrick[]) {
  const scores: number[] = [];
  for (const weight of WEIGHTS) {
    scores.push((await examiner.score(validation, () => ({ bricks: sum(weight) }))).accuracy);
  }
  const weight = WEIGHTS[scores.indexOf(Math.max(...scores))]!;
  const { accuracy } = await examiner.score(test, () => ({ bricks: sum(weight) }));
  return { accuracy, what: `weight ${weight}` };
}
