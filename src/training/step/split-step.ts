import type { Executor, Program } from '../../engine/executors/executor.js';
import { gradients } from '../../engine/gradient.js';
import { Graph, type Value } from '../../engine/graph.js';
import { add } from '../../engine/ops/add.js';
import { div } from '../../engine/ops/div.js';
import { greater } from '../../engine/ops/greater.js';
import { mul } from '../../engine/ops/mul.js';
import { reduceSum } from '../../engine/ops/reduce-sum.js';
import { where } from '../../engine/ops/where.js';
import { sizeOf, tensor, type Tensor } from '../../engine/tensor.js';
import type { DropoutMask } from '../graph/dropout.js';
import { Forward, type Stretch } from '../graph/forward.js';
import { alongRuns } from '../optim/clip.js';
import type { StepOptions } from './fused-step.js';
import { lossSums } from './loss.js';
import { runFeeds } from './run-feeds.js';
import type { RunModel } from './run-model.js';
import type { Feeds, StepInputs, StepResult, TrainingStep } from './step.js';
import { addUpdate, type UpdateRule } from './update.js';

type Floats = Tensor<'float32'>;

interface Compiled {
  readonly program: Program;
  readonly graph: Graph;
  readonly masks: readonly DropoutMask[];
}

/** A stretch of the model in the backward pass: `∂.<name>` of its parameters, and `d_entry`. */
interface Segment {
  readonly forward?: Compiled;
  readonly backward: Compiled;
}

/**
 * A step in parts: gradients of the *sum* of the losses are added up over the parts of the batch, then divided by the sum of
 * the weights, clipped and applied. So the step equals that of the whole batch, also where rows weigh unequally.
 *
 * With several stretches each is a program of its own that keeps only what leaves it; the backward program of a stretch
 * computes it again (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost", arXiv:1604.06174). They must be
 * apart, for ONNX Runtime merges equal subexpressions of one graph, which would keep all activations; and each gives back
 * what it took, for all of them together would keep as much as one program.
 */
export async function splitStep(
  options: StepOptions & { readonly stretches: readonly Stretch[] },
): Promise<TrainingStep> {
  const { executor, model, state, rule, stretches } = options;
  const segments: Segment[] = [];
  for (const [at, stretch] of stretches.entries()) {
    segments.push(await compileSegment(options, stretch, { isFirst: at === 0, isLast: at === stretches.length - 1 }));
  }
  const apply = await compileApply(executor, model, rule);
  const sums = new Map<string, Floats>();
  const spare = new Map<string, Floats>();
  const shape = model.runs === 1 ? [] : [model.runs];
  for (const [name, size] of [
    ...rule.trained.map((p) => [`d.${p.name}`, p.shape] as const),
    ['losses', shape] as const,
    ['weights', shape] as const,
  ]) {
    sums.set(name, zeros(size));
    spare.set(name, zeros(size));
  }
  const masks = new Map(segments.flatMap(({ backward }) => backward.masks).map((mask) => [mask.input, mask]));
  return {
    masks: [...masks.values()],
    async run(inputs): Promise<StepResult> {
      for (const held of sums.values()) held.data.fill(0);
      for (const part of inputs.parts) await addGradients(part);
      return applyGradients(inputs);
    },
    async dispose() {
      for (const { forward, backward } of segments) {
        await forward?.program.dispose();
        await backward.program.dispose();
      }
      await apply.program.dispose();
    },
  };

  async function addGradients(part: Feeds): Promise<void> {
    const entries: (Floats | undefined)[] = [part['entry'] as Floats | undefined];
    for (const [at, { forward }] of segments.entries()) {
      if (forward) entries[at + 1] = (await run(forward, part, { entry: entries[at] })).exit;
    }
    let exitGradient: Floats | undefined;
    for (let at = segments.length - 1; at >= 0; at--) {
      const outputs = await run(segments[at]!.backward, part, { entry: entries[at], d_exit: exitGradient });
      exitGradient = outputs.d_entry;
      entries.length = at + 1; // what lay above is not needed any more
    }
  }

  async function run(compiled: Compiled, part: Feeds, more: Record<string, Floats | undefined>) {
    const { graph, program } = compiled;
    const given = {
      ...part,
      ...Object.fromEntries(Object.entries(more).filter(([, held]) => held)),
      ...Object.fromEntries(sums),
    };
    const feeds = Object.fromEntries(Object.entries(given).filter(([name]) => graph.inputs.has(name)));
    const into = Object.fromEntries([...spare].filter(([name]) => graph.outputs.has(name)));
    const outputs = await program.run({ ...(feeds as Feeds), ...state.feeds((name) => graph.inputs.has(name)) }, into);
    for (const [name, held] of Object.entries(into)) {
      spare.set(name, sums.get(name)!);
      sums.set(name, held);
    }
    return outputs as Record<string, Floats | undefined>;
  }

  async function applyGradients(inputs: StepInputs): Promise<StepResult> {
    const { graph, program } = apply;
    const targets = state.targets((name) => graph.outputs.has(name));
    const gathered = Object.fromEntries([...sums].filter(([name]) => graph.inputs.has(name)));
    const feeds = { ...gathered, ...state.feeds((name) => graph.inputs.has(name)), ...runFeeds(graph, inputs) };
    const { loss, grad_norm: norm } = await program.run(feeds, targets);
    const result = { losses: Array.from(loss!.data), gradNorms: Array.from(norm!.data) };
    if ([...result.losses, ...result.gradNorms].every(Number.isFinite)) state.commit(Object.keys(targets));
    return result;
  }
}

async function compileSegment(
  { executor, model, rule, lowest }: StepOptions,
  stretch: Stretch,
  { isFirst, isLast }: { isFirst: boolean; isLast: boolean },
): Promise<Segment> {
  const backward = await compileBackward({ executor, model, rule, lowest }, stretch, { isFirst, isLast });
  if (isLast) return { backward };
  const graph = new Graph('training-forward');
  const forward = new Forward(graph, model, stretch, { isTraining: true, lowest });
  graph.output('exit', forward.hidden());
  const program = await executor.compile(graph, { releasesMemory: true });
  return { backward, forward: { graph, masks: forward.dropout.masks, program } };
}

async function compileBackward(
  { executor, model, rule, lowest }: Pick<StepOptions, 'executor' | 'model' | 'rule' | 'lowest'>,
  stretch: Stretch,
  { isFirst, isLast }: { isFirst: boolean; isLast: boolean },
): Promise<Compiled> {
  const graph = new Graph('training-backward');
  const forward = new Forward(graph, model, stretch, { isTraining: true, lowest });
  const total = isLast ? lossTotal(forward) : exitTotal(forward);
  const trained = rule.trained.filter(({ name }) => reaches(graph, total, forward.parameters.get(name)));
  const wrt = trained.map(({ name }) => forward.parameters.get(name)) as Value[];
  const entry = isFirst ? undefined : forward.entry;
  const found = gradients(total, entry ? [...wrt, entry] : wrt);
  trained.forEach(({ name, shape }, at) => {
    graph.output(`d.${name}`, add(graph.input(`d.${name}`, 'float32', shape), found[at]!));
  });
  if (entry) graph.output('d_entry', found[trained.length]!);
  const program = await executor.compile(graph, { releasesMemory: !(isFirst && isLast) });
  return { graph, masks: forward.dropout.masks, program };
}

/** Σ losses over runs, and the running sums as outputs. */
function lossTotal(forward: Forward): Value {
  const { graph, model } = forward;
  const sums = lossSums(forward, forward.outputs());
  for (const name of ['losses', 'weights'] as const) {
    const before = graph.input(name, 'float32', model.runs === 1 ? [] : [model.runs]);
    graph.output(name, add(before, sums[name]));
  }
  return model.runs === 1 ? sums.losses : reduceSum(sums.losses);
}

/** Σ exit · ∂loss/∂exit, whose gradients are those of the loss. */
function exitTotal(forward: Forward): Value {
  const exit = forward.hidden();
  return reduceSum(mul(exit, forward.graph.input('d_exit', 'float32', exit.shape)));
}

function reaches(graph: Graph, total: Value, parameter: Value | undefined): boolean {
  return graph.nodesFor([total]).some(({ inputs }) => inputs.some((input) => input === parameter));
}

async function compileApply(executor: Executor, model: RunModel, rule: UpdateRule): Promise<Compiled> {
  const graph = new Graph('training-apply');
  const perRun = model.runs > 1;
  const sum = (name: string): Value => graph.input(name, 'float32', perRun ? [model.runs] : []);
  const [losses, weights] = [sum('losses'), sum('weights')];
  const some = greater(weights, 0);
  const divisor = where(some, weights, 1);
  graph.output('loss', where(some, div(losses, divisor), 0));
  const parameters = new Map(rule.trained.map(({ name, shape }) => [name, graph.input(`p.${name}`, 'float32', shape)]));
  const means = rule.trained.map(({ name, shape }) => {
    const total = graph.input(`d.${name}`, 'float32', shape);
    return div(total, perRun ? alongRuns(divisor, total) : divisor);
  });
  addUpdate(graph, rule, parameters, means);
  return { graph, masks: [], program: await executor.compile(graph) };
}

function zeros(shape: readonly number[]): Floats {
  return tensor('float32', shape, new Float32Array(sizeOf(shape)));
}
