import { atLeast, type Line } from '../bench.js';
import { alternate, median, medianRatio, type Cost } from '../support/measure.js';
import { SHAPE } from '../support/mixed-rows.js';
import { PeftSteps } from './peft-steps.js';
import { StepKit } from './step-kit.js';

const ROWS = 16;
const TOKENS = 64;
const PARTS = 4;
const ROUNDS = 15;

/** A step against a forward pass, against the same in parts, and against PEFT where `PEFT_PYTHON` names an interpreter. */
export async function stepTime(): Promise<Line[]> {
  const kit = await StepKit.open(SHAPE, 1);
  const python = process.env['PEFT_PYTHON'];
  const peft = python ? await PeftSteps.start(python, { rows: ROWS, tokens: TOKENS, threads: 1 }) : undefined;
  try {
    const batch = kit.batch(ROWS, TOKENS);
    const parts = Array.from({ length: PARTS }, (_, at) => kit.batch(ROWS / PARTS, TOKENS, at + 1));
    const own = {
      forward: await kit.forward(batch),
      step: await kit.step([batch]),
      parts: await kit.step(parts),
    };
    const theirs: Cost[] = [];
    await peft?.step();
    const costs = await alternate(
      {
        ...own,
        peft: async () => {
          if (peft) theirs.push(await peft.step());
        },
      },
      ROUNDS,
    );
    theirs.shift(); // of the warm-up round
    const ms = (of: readonly Cost[]): string => `${median(of.map(({ cpuMs }) => cpuMs)).toFixed(0)} ms`;
    const overForward = medianRatio(costs.step, costs.forward, 'cpuMs');
    const overWhole = medianRatio(costs.parts, costs.step, 'cpuMs');
    return [
      { what: `LoRA step ${ROWS}×${TOKENS}, processor time`, value: ms(costs.step) },
      { what: 'forward pass of the same batch, processor time', value: ms(costs.forward) },
      { what: 'step over forward pass', value: overForward.toFixed(2) },
      ...(peft ? againstPeft(peft, theirs, costs.step) : []),
      {
        what: `${PARTS} parts of ${ROWS / PARTS}×${TOKENS} accumulated, over the whole batch`,
        value: overWhole.toFixed(3),
      },
    ];
  } finally {
    await peft?.stop();
    await kit.close();
  }
}

function againstPeft({ versions }: PeftSteps, theirs: readonly Cost[], own: readonly Cost[]): Line[] {
  const ratio = medianRatio(theirs, own, 'cpuMs');
  const ms = median(theirs.map(({ cpuMs }) => cpuMs)).toFixed(0);
  return [
    { what: `the same step of ${versions}, processor time`, value: `${ms} ms` },
    { what: 'PEFT over ours', value: ratio.toFixed(3), target: atLeast(ratio, 1)! },
  ];
}
