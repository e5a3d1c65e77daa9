import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CancelledError } from '../../common/errors.js';
import type { MergeStep } from '../../composition/merge/merge.js';
import type { Executor } from '../../engine/executors/executor.js';
import { directorySource } from '../../models/directory-source.js';
import { loadBaseModel } from '../../models/load.js';
import { syncFolder, writeDurably } from '../../training/checkpoint.js';
import type { Example } from '../../training/datasets/example.js';
import { readExamples } from '../../training/datasets/spool.js';
import type { TrainingEvent, TrainingResult } from '../../training/events.js';
import type { FitSpec } from '../../training/fits/fit-spec.js';
import type { FitStep } from '../../training/fits/learn-gains.js';
import { withEngine } from '../../training/loop.js';
import { EngineHost } from '../engine-host.js';
import type { Fit, FitContext, FitOutcome } from './fit.js';
import { FITS } from './table.js';

export interface FitRunOptions {
  /** The result lives here. */
  readonly directory: string;
  readonly onEvent: (event: TrainingEvent) => void;
  readonly signal: AbortSignal;
  readonly turn?: () => Promise<void>;
}

/**
 * A whole fit: reads base and data, fits, and writes the files of its result. It keeps no checkpoints: it is short, and one
 * that was broken off gives the same when it is done again.
 *
 * @throws ValidationError | IncompatibleAdapterError | DivergedError  see the fits
 */
export async function runFit(spec: FitSpec, options: FitRunOptions): Promise<TrainingResult> {
  const { directory, onEvent, signal, turn } = options;
  const base = await loadBaseModel(directorySource(spec.base));
  const examples = spec.data ? await readAll(spec.data.train) : [];
  const meter = new Meter(onEvent, examples.length);
  const watch = {
    onStep: (step: FitStep) => meter.step(step),
    onMerged: (step: MergeStep) => meter.merged(step),
    ...{ ...(turn && { turn }), signal },
  };
  try {
    const outcome = await withEngine(directory, spec.threads, async (executor) => {
      let host: EngineHost | undefined;
      const runtime = () => (host ??= new EngineHost({ name: 'fit', base, executor: lent(executor) }));
      const context: FitContext = { spec, base, examples, executor, runtime, watch };
      try {
        return await (FITS[spec.fit.name] as Fit)(spec.fit, context);
      } finally {
        await host?.stop();
      }
    });
    const result = meter.result(await writeOutcome(directory, outcome), outcome);
    onEvent({ type: 'finished', result });
    return result;
  } catch (error) {
    if (error instanceof CancelledError && signal.aborted) return { ...meter.result(directory), stopped: 'aborted' };
    throw error;
  }
}

/** Steps as training tells of them. */
class Meter {
  private last: FitStep | undefined;
  private modules = 0;
  private tokens = 0;
  private readonly startedMs = performance.now();

  constructor(
    private readonly onEvent: (event: TrainingEvent) => void,
    private readonly examples: number,
  ) {}

  step(step: FitStep): void {
    if (!this.last) {
      const { totalSteps } = step;
      const started = { totalSteps, examples: this.examples, trainedParameters: 0, resumedFrom: 0 };
      this.onEvent({ type: 'started', ...started });
    }
    this.last = step;
    this.tokens += step.tokens;
    const { tokens: _tokens, ...told } = step;
    const tokensPerSecond = this.tokens / this.seconds;
    this.onEvent({ type: 'step', ...told, tokensPerSecond, secondsLeft: this.secondsLeft(step) });
  }

  merged(step: MergeStep): void {
    this.modules = step.step;
    this.onEvent({ type: 'merged', ...step, secondsLeft: this.secondsLeft(step) });
  }

  result(files: string, outcome?: FitOutcome): TrainingResult {
    const steps = this.last?.step ?? this.modules;
    return {
      files,
      kind: outcome?.kind ?? 'adapter',
      metrics: outcome?.metrics ?? {},
      ...(outcome?.labels && { labels: outcome.labels }),
      ...(outcome?.fusion && { fusion: outcome.fusion }),
      ...(outcome?.summary !== undefined && { summary: outcome.summary }),
      ...{ steps, bestStep: steps, trainedTokens: this.tokens, stopped: 'finished' },
    };
  }

  private get seconds(): number {
    return (performance.now() - this.startedMs) / 1000;
  }

  private secondsLeft({ step, totalSteps }: Pick<FitStep, 'step' | 'totalSteps'>): number {
    return (this.seconds / step) * (totalSteps - step);
  }
}

async function readAll(path: string): Promise<Example[]> {
  const examples: Example[] = [];
  for await (const batch of readExamples(path)) for (const [, example] of batch) examples.push(example);
  return examples;
}

/** The executor without the right to end it. */
function lent(executor: Executor): Executor {
  return {
    name: executor.name,
    compile: (graph, options) => executor.compile(graph, options),
    dispose: () => Promise.resolve(),
  };
}

/** The folder is there whole or not at all. */
async function writeOutcome(directory: string, { files }: FitOutcome): Promise<string> {
  const [draft, final] = [join(directory, '.result'), join(directory, 'result')];
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  for (const [name, bytes] of files) await writeDurably(join(draft, name), bytes);
  await syncFolder(draft);
  await rm(final, { recursive: true, force: true });
  await rename(draft, final);
  await syncFolder(directory);
  return final;
}
