import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomBase } from '../../../test/support/random-base.js';
import { randomBrick } from '../../../test/support/random-brick.js';
import { temporaryExecutor, type TemporaryExecutor } from '../../../test/support/temporary-executor.js';
import { answerOf, closeHosts, distance, RowMaker, tinyHost } from '../../../test/support/tiny-host.js';
import { phatgooseGains } from '../../training/fits/phatgoose.js';
import { FixedBricks } from '../../training/fits/fixed-bricks.js';
import { trainableOf } from '../../training/fits/learn-gains.js';
import { NO_DROPOUT } from '../../training/graph/dropout.js';
import { makeObjective, objectiveOptions } from '../../training/objectives/table.js';
import { makeOptimizer, optimizerOptions } from '../../training/optim/table.js';
import { NO_VIRTUAL_TOKENS, tokenFeeds } from '../../training/step/batch-feeds.js';
import { compileOutputs } from '../../training/step/outputs-program.js';
import { stackRuns } from '../../training/step/stack.js';
import { TrainingState } from '../../training/step/training-state.js';

const TOLERANCE = 2e-5;
let engine: TemporaryExecutor;
beforeAll(async () => {
  engine = await temporaryExecutor();
});
afterAll(async () => {
  await engine.close();
  await closeHosts();
});

const CASES = (['bert', 'roberta', 'distilbert'] as const).flatMap((modelType) =>
  (
    ['lora', 'all_linear', 'dora', 'biases', 'bottleneck_normed', 'bottleneck_output', 'bottleneck_residual'] as const
  ).map((kind) => ({ modelType, kind })),
);

describe('bricks weighed while gains are learned', () => {
  it.each(CASES)(
    'act as served: $kind on $modelType at gates of zero is weight a half',
    async ({ modelType, kind }) => {
      const random = randomBase({ modelType });
      const activation = modelType === 'distilbert' ? 'relu' : 'tanh'; // as the family's head has it
      const base = { ...random, heads: { sequence: { ...random.heads.sequence!, activation } } } as const;
      const host = await tinyHost(base);
      const brick = { ...randomBrick(kind, base.sites, { seed: 4, pages: 2 }), head: undefined };
      const { head: _none, ...bare } = brick;
      await host.load('brick', bare);
      const row = { ...new RowMaker(base, 6).row('brick', { tokens: 7, weight: 0.5 }), heads: ['base'] };
      const learned = phatgooseGains(new FixedBricks([bare], base.sites));
      const stack = stackRuns([trainableOf(learned)], {
        base,
        task: 'sequence_classification',
        objective: makeObjective(objectiveOptions.parse({ name: 'cross_entropy' })),
        dropout: NO_DROPOUT,
      });
      const optimizer = makeOptimizer(optimizerOptions.parse({ name: 'sgd' }));
      const state = new TrainingState(stack.model, optimizer, stack.initial, stack.frozen);
      const program = await compileOutputs(engine.executor, stack.model);
      const { data } = await program.run(tokenFeeds([row], base.config, NO_VIRTUAL_TOKENS), state);
      await program.dispose();
      const served = await answerOf(host, row);
      expect(distance(data, served)).toBeLessThan(TOLERANCE);
      expect(distance(served, await answerOf(host, { ...row, bricks: [] }))).toBeGreaterThan(100 * TOLERANCE);
    },
  );
});
