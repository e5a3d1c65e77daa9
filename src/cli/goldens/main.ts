import { basename, resolve } from 'node:path';
import { BasePool } from './base-pool.js';
import { runComposeCase } from './compose-case.js';
import { runEncoderCase } from './encoder-case.js';
import { GoldenSet, type GoldenCase, type GoldenEntry } from './golden-set.js';
import { runOptimCase } from './optim-case.js';
import { reasonToSkip } from './skipped.js';
import { runTokenizerCase } from './tokenizer-case.js';
import { runTrainCase } from './train-case.js';

/**
 * `npm run goldens [-- DIR]`: every case of DIR/INDEX.json (default: the project's own selection) through the real
 * loader, tokenizer and engine. One line a case, then `N passed, N failed, N skipped`.
 */
async function main(directory: string): Promise<void> {
  const set = await GoldenSet.open(directory);
  const bases = new BasePool(set);
  const count = { PASS: 0, FAIL: 0, SKIP: 0 };
  for (const entry of set.entries) {
    const { verdict, note } = await judge(set, bases, entry);
    count[verdict]++;
    console.log([verdict, entry.id, entry.family, entry.task, entry.method, note].join(' '));
  }
  await bases.close();
  console.log(`${count.PASS} passed, ${count.FAIL} failed, ${count.SKIP} skipped`);
  process.exitCode = count.FAIL === 0 && count.PASS > 0 ? 0 : 1;
}

async function judge(
  set: GoldenSet,
  bases: BasePool,
  entry: GoldenEntry,
): Promise<{ verdict: 'PASS' | 'FAIL' | 'SKIP'; note: string }> {
  const reason = reasonToSkip(entry);
  if (reason) return { verdict: 'SKIP', note: `(${reason})` };
  try {
    if (entry.group === 'G') return verdictOf(await runTrainCase(set, entry), 1);
    if (entry.group === 'I') return verdictOf(await runOptimCase(set, entry), 1);
    const golden = await set.readCase(entry);
    const difference = await differenceOf(set, bases, entry, golden);
    return verdictOf(difference, golden.tolerance.exact ? 0 : (golden.tolerance.abs ?? 0));
  } catch (error) {
    return { verdict: 'FAIL', note: `(${(error as Error).message})` };
  }
}

async function differenceOf(set: GoldenSet, bases: BasePool, entry: GoldenEntry, golden: GoldenCase): Promise<number> {
  if (entry.task === 'tokenizer') return runTokenizerCase(set, golden);
  const base = await bases.open(golden.base ?? '');
  const run = entry.group === 'D' ? runComposeCase : runEncoderCase;
  return run(set, entry, golden, base);
}

function verdictOf(difference: number, bound: number): { verdict: 'PASS' | 'FAIL'; note: string } {
  const note = `${difference.toExponential(2)} (bound ${bound.toExponential(1)})`;
  return { verdict: difference <= bound ? 'PASS' : 'FAIL', note };
}

const [directory = 'test/goldens', ...more] = process.argv.slice(2);
if (more.length > 0 || directory.startsWith('-')) {
  console.error(`usage: ${basename(process.argv[1] ?? 'goldens')} [DIR]`);
  process.exitCode = 2;
} else {
  await main(resolve(directory));
}
