import { Random } from '../../../../common/random.js';
import { fitLoraHub } from '../../../../runtime/fits/lora-hub.js';
import type { RowBrick } from '../../../../runtime/protocol.js';
import { SHARED } from '../settings.js';
import type { Domain } from '../domains.js';
import type { ComposeRow, Stage } from '../stage.js';

/** Texts of each intent that the weights are fitted on. */
const SHOTS = 5;
const EVALUATIONS = 200;

export const LORA_HUB = 'two domains: LoRAHub';

/** A task of two domains, which few texts are known of: who answers it best? */
export const twoDomains: readonly ComposeRow[] = [
  { name: 'two domains: base', score: (stage) => asked(stage, []) },
  {
    name: 'two domains: sum of the right two',
    score: (stage) =>
      asked(
        stage,
        pairOf(stage).map((at) => ({ id: stage.bricks[at]!.id, weight: 1 })),
      ),
  },
  {
    name: LORA_HUB,
    async score(stage) {
      const { base, bricks, domains, runtime, seed } = stage;
      const pair = pairOf(stage);
      const { weights } = await fitLoraHub(
        {
          base,
          task: 'sequence_classification',
          labels: base.labels!,
          examples: pair.flatMap((at) => shotsOf(domains[at]!, seed)),
          members: bricks.map(({ id, brick }) => ({ name: id, brick })),
          maxTokens: SHARED.maxTokens,
          evaluations: EVALUATIONS,
          seed,
        },
        runtime,
      );
      const { accuracy } = await asked(
        stage,
        bricks.map(({ id }, at) => ({ id, weight: weights[at]! })),
      );
      const right = pair.map((at) => weights[at]!.toFixed(2)).join(' and ');
      const others = weights.filter((_, at) => !pair.includes(at)).map(Math.abs);
      const largest = Math.max(...others);
      return {
        accuracy,
        what: `right bricks ${right}, others up to ${largest.toFixed(2)}`,
        isReached: pair.every((at) => weights[at]! > largest),
      };
    },
  },
];

/** Two domains, others for each seed. */
function pairOf({ seed, domains }: Stage): readonly [number, number] {
  const first = (3 * seed) % domains.length;
  return [first, (first + 5) % domains.length];
}

function asked(stage: Stage, bricks: readonly RowBrick[]) {
  const pair = pairOf(stage);
  const questions = stage.test.filter(({ domain }) => pair.includes(domain));
  return stage.examiner.score(questions, () => ({ bricks }));
}

function shotsOf({ name, train }: Domain, seed: number) {
  const order = Random.stream(seed, 'shots', name).permutation(train.length);
  const taken = new Map<string, number>();
  return [...order]
    .map((at) => train[at]!)
    .filter(({ label }) => {
      const count = taken.get(label) ?? 0;
      taken.set(label, count + 1);
      return count < SHOTS;
    });
}
