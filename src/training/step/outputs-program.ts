import type { Executor, Program } from '../../engine/executors/executor.js';
import { Graph } from '../../engine/graph.js';
import type { Tensor } from '../../engine/tensor.js';
import { Forward } from '../graph/forward.js';
import type { RunModel } from './run-model.js';
import type { Feeds } from './step.js';
import type { TrainingState } from './training-state.js';

/** What the model answers with the state's parameters, without dropout. */
export interface OutputsProgram {
  /** Logits or embeddings, see `Forward.outputs`. */
  run(feeds: Feeds, state: TrainingState): Promise<Tensor<'float32'>>;
  dispose(): Promise<void>;
}

/** @param from  −1, or the layer whose input is fed as `entry` */
export async function compileOutputs(executor: Executor, model: RunModel, from = -1): Promise<OutputsProgram> {
  const graph = new Graph('training-outputs');
  const { layers } = model.base.config;
  const forward = new Forward(graph, model, { from, to: layers + 1 }, { isTraining: false, lowest: layers });
  graph.output('outputs', forward.outputs());
  const program: Program = await executor.compile(graph);
  return {
    async run(feeds, state) {
      const { outputs } = await program.run({ ...feeds, ...state.feeds((name) => graph.inputs.has(name)) });
      return outputs as Tensor<'float32'>;
    },
    dispose: () => program.dispose(),
  };
}
