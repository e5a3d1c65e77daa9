import type { Executor } from '../../engine/executors/executor.js';
import { Graph } from '../../engine/graph.js';
import type { Tensor } from '../../engine/tensor.js';
import { ParameterValues } from '../graph/parameter-values.js';
import type { ParameterTensors } from '../parameter.js';
import type { Trainable } from '../trainable.js';

/** The files of a run's result: what is kept of the parameters, and what is computed from them. */
export async function writeFiles(
  executor: Executor,
  trainable: Trainable,
  values: ParameterTensors,
): Promise<Map<string, Uint8Array>> {
  if (!trainable.derived) return trainable.files(values);
  const graph = new Graph('training-files');
  const inputs = trainable.parameters.map(
    ({ name, shape }) => [name, graph.input(`p.${name}`, 'float32', shape)] as const,
  );
  const numbers = new Map([...trainable.numbers].map(([name, number]) => [name, [number]]));
  const derived = trainable.derived(new ParameterValues(graph, new Map(inputs), numbers));
  for (const [name, value] of derived) graph.output(name, value);
  const program = await executor.compile(graph);
  try {
    const outputs = await program.run(Object.fromEntries([...values].map(([name, held]) => [`p.${name}`, held])));
    const computed = Object.entries(outputs) as [string, Tensor<'float32'>][];
    return trainable.files(new Map([...values, ...computed]));
  } finally {
    await program.dispose();
  }
}
