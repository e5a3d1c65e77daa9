/**
 * A training child with the real protocol and real data preparation, whose trainer only counts: a step every few
 * milliseconds, a checkpoint every fifth, and a result that tells what was counted. The seed says how it goes wrong.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DivergedError } from '../../dist/common/errors.js';
import { toWireError } from '../../dist/runtime/error-wire.js';
import { prepareData } from '../../dist/runtime/prepare-data.js';
import { reportEvaluation } from '../../dist/runtime/report-evaluation.js';
import { serveTraining } from '../../dist/runtime/serve-training.js';

const STEP_MS = 20;
const die = () => process.kill(process.pid, 'SIGKILL');

/** What happens before a step, by seed. */
const TROUBLE = {
  666: ({ step }) => {
    if (step === 8) throw new DivergedError('loss: expected a finite number at step 8, got NaN');
  },
  667: ({ step, resumedFrom }) => void (step === 8 && resumedFrom === 0 && die()),
  668: ({ step }) => void (step === 3 && die()),
  669: ({ step }) => {
    if (step === 8) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  },
};

async function train({ spec, directory }, { onEvent, signal, turn }) {
  const checkpoints = join(directory, 'checkpoints');
  mkdirSync(checkpoints, { recursive: true });
  const [newest] = readdirSync(checkpoints).sort().reverse();
  const state = newest
    ? JSON.parse(readFileSync(join(checkpoints, newest, 'state.json'), 'utf8'))
    : { step: 0, sum: spec.seed };
  const resumedFrom = state.step;
  const examples = readFileSync(spec.data.train, 'utf8').trim().split('\n').length;
  const totalSteps = spec.maxSteps ?? 12;
  onEvent({ type: 'started', totalSteps, examples, trainedParameters: 1, resumedFrom });
  onEvent({ type: 'warning', message: `the seed is ${spec.seed}` });
  const save = () => {
    const path = join(checkpoints, String(state.step).padStart(6, '0'));
    if (existsSync(path)) return;
    mkdirSync(path);
    writeFileSync(join(path, 'state.json'), JSON.stringify(state));
    onEvent({ type: 'checkpoint', step: state.step, directory: path });
  };
  while (state.step < totalSteps && !signal.aborted) {
    await turn?.();
    await sleep(STEP_MS);
    const step = state.step + 1;
    TROUBLE[spec.seed]?.({ step, resumedFrom });
    Object.assign(state, { step, sum: (state.sum * 31 + step) % 1_000_003 });
    const pace = { tokensPerSecond: 1000, secondsLeft: ((totalSteps - step) * STEP_MS) / 1000 };
    onEvent({ type: 'step', step, totalSteps, loss: 1 / step, gradNorm: 1, learningRate: spec.learningRate, ...pace });
    if (step % 5 === 0) {
      onEvent({ type: 'evaluated', step, metrics: { loss: 1 / step, accuracy: step / totalSteps }, isBest: true });
      save();
    }
  }
  const stopped = state.step < totalSteps ? 'aborted' : 'finished';
  if (stopped === 'aborted') save();
  const files = join(directory, 'result');
  mkdirSync(files, { recursive: true });
  const parent = spec.initial ? readFileSync(join(spec.initial, 'adapter_model.safetensors'), 'utf8') : '';
  writeFileSync(join(files, 'adapter_config.json'), JSON.stringify({ method: spec.method.name }));
  writeFileSync(join(files, 'adapter_model.safetensors'), `${parent}${state.sum}`);
  const metrics = { loss: 1 / state.step, accuracy: 1 };
  return { files, kind: 'adapter', metrics, steps: state.step, bestStep: 10, trainedTokens: state.step * 100, stopped };
}

/** Runs beside each other, each with its own troubles. */
async function trainTogether({ runs }, { onEvent, onRunEnd, signalOf }) {
  const told = runs.map((request, run) =>
    train(request, { onEvent: (event) => onEvent(event, run), signal: signalOf(run) }).then(
      (result) => onRunEnd(run, { result }),
      (error) => onRunEnd(run, { error: toWireError(error) }),
    ),
  );
  await Promise.all(told);
  return 'ended';
}

serveTraining(process, {
  train,
  train_together: trainTogether,
  prepare: (request, { signal }) => prepareData(request, signal),
  evaluate: (request) => reportEvaluation(request),
});
