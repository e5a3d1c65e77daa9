import { readBrick, withBricks, type ComposeRow, type Stage } from '../stage.js';
import type { Question } from '../examiner.js';

/** One brick at most: the untouched base, the brick of the text's domain, that of another, one trained on all domains. */
export const single: readonly ComposeRow[] = [
  { name: 'base', score: ({ examiner, test }) => examiner.score(test, () => ({ bricks: [] })) },
  { name: 'right brick (oracle)', score: (stage) => asked(stage, ({ domain }) => domain) },
  {
    name: 'wrong brick',
    score: (stage) => {
      const { length } = stage.bricks;
      const shift = 1 + (stage.seed % (length - 1));
      return asked(stage, ({ domain }) => (domain + shift) % length);
    },
  },
  {
    name: 'multi-task adapter',
    async score({ base, runtime, examiner, test, files }) {
      const brick = await readBrick(files.get('multi-task')!, base);
      return withBricks(runtime, new Map([['multi-task', brick]]), () =>
        examiner.score(test, () => ({ bricks: [{ id: 'multi-task', weight: 1 }] })),
      );
    },
  },
];

function asked({ examiner, test, bricks }: Stage, choose: (question: Question) => number) {
  return examiner.score(test, (question) => ({ bricks: [{ id: bricks[choose(question)]!.id, weight: 1 }] }));
}
