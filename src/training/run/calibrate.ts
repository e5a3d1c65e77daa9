import { encodePrompt } from '../../adapters/verbaliser/encode-prompt.js';
import { labelPrior } from '../../adapters/verbaliser/label-prior.js';
import type { Executor } from '../../engine/executors/executor.js';
import { NO_DROPOUT } from '../graph/dropout.js';
import { makeObjective } from '../objectives/table.js';
import { makeOptimizer } from '../optim/table.js';
import { tokenFeeds } from '../step/batch-feeds.js';
import { compileOutputs } from '../step/outputs-program.js';
import { stackRuns } from '../step/stack.js';
import { TrainingState } from '../step/training-state.js';
import { positionsOfMasks } from './collate.js';
import type { OpenRun } from './open-run.js';

/**
 * The run with the prior that its texts without content show before it is trained, where its prompt asks for one and has
 * none. It is taken off all its logits from then on, so that the run starts at the calibrated zero-shot answer.
 */
export async function calibrated(executor: Executor, run: OpenRun): Promise<OpenRun> {
  const { prompt, base, trainable, spec } = run;
  const texts = prompt?.verbaliser.calibration;
  if (!prompt || !texts || prompt.verbaliser.prior) return run;
  const stack = stackRuns([trainable], {
    ...{ base, task: 'masked_lm', objective: makeObjective(run.objective), dropout: NO_DROPOUT },
    prompt: { tokens: prompt.tokens },
  });
  const state = new TrainingState(stack.model, makeOptimizer(spec.optimizer), stack.initial, stack.frozen);
  const rows = texts.map((text) => {
    const { encoding, mask } = encodePrompt(text, prompt.template, base.tokenizer, spec.maxTokens);
    return { inputIds: encoding.ids, tokenTypeIds: encoding.typeIds, maskAt: mask };
  });
  const program = await compileOutputs(executor, stack.model);
  try {
    const tokens = tokenFeeds(rows, base.config, trainable);
    const [, seq = 0] = tokens['input_ids']?.shape ?? [];
    const { data } = await program.run(
      { ...tokens, positions: positionsOfMasks(rows, seq, trainable.promptTokens) },
      state,
    );
    const labels = prompt.tokens.length;
    const prior = labelPrior(rows.map((_, row) => data.slice(row * labels, (row + 1) * labels)));
    return { ...run, prompt: { ...prompt, verbaliser: { ...prompt.verbaliser, prior } } };
  } finally {
    await program.dispose();
  }
}
