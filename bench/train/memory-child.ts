import { readFileSync } from 'node:fs';
import { StepKit } from './step-kit.js';

/**
 * Does two steps and prints as JSON what they took: memory before the first and at most (`VmHWM`), both in bytes, and
 * processor time of the second. A second one may take more, for ONNX Runtime then knows the shapes and plans for them.
 *
 * Arguments: a shape as JSON, rows, tokens, `true` for gradient checkpointing.
 */
const [shape = '{}', rows = '16', tokens = '256', checkpoints] = process.argv.slice(2);
const kit = await StepKit.open(JSON.parse(shape) as object, 2);
const step = await kit.step([kit.batch(Number(rows), Number(tokens))], { checkpoints: checkpoints === 'true' });
globalThis.gc?.();
const before = process.memoryUsage.rss();
await step();
const cpu = process.cpuUsage();
await step();
const { user, system } = process.cpuUsage(cpu);
console.log(JSON.stringify({ before, peak: peakBytes(), cpuMs: (user + system) / 1000 }));
await kit.close();

function peakBytes(): number {
  const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  if (found === undefined) throw new Error('peak memory: expected VmHWM in /proc/self/status, got none');
  return Number(found) * 1024;
}
