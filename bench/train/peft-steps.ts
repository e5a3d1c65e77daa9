import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Cost } from '../support/measure.js';

const SCRIPT = 'bench/train/peft_step.py';

/** Training steps of PEFT on torch in a process of its own, one at a time, that says what each cost it. */
export class PeftSteps {
  private constructor(
    private readonly child: ChildProcess,
    private readonly lines: AsyncIterator<string>,
    readonly versions: string,
  ) {}

  /** @param python  an interpreter that has torch, transformers and peft */
  static async start(
    python: string,
    { rows, tokens, threads }: { rows: number; tokens: number; threads: number },
  ): Promise<PeftSteps> {
    const child = spawn(python, [SCRIPT, String(rows), String(tokens), String(threads)], {
      env: { ...process.env, OMP_NUM_THREADS: String(threads) },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const { torch, peft } = JSON.parse(await nextLine(lines)) as { torch: string; peft: string };
    return new PeftSteps(child, lines, `PEFT ${peft} on torch ${torch}`);
  }

  async step(): Promise<Cost> {
    this.child.stdin?.write('\n');
    return JSON.parse(await nextLine(this.lines)) as Cost;
  }

  async stop(): Promise<void> {
    this.child.stdin?.end();
    if (this.child.exitCode === null) await once(this.child, 'exit');
  }
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const next = await lines.next();
  if (next.done) throw new Error('PEFT: expected a line, its process has ended');
  return next.value;
}
