/**
 * Prints files, lines, median, p95 and largest by folder of src/, the test ratio, and what the last commit changed.
 * Fails when a source file passes 500 lines: that is where a file has become two ideas.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const LIMIT_LINES = 500;
const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'src', 'test'], { encoding: 'utf8' })
  .split('\n')
  .filter((path) => path.endsWith('.ts'));
const isTest = (path) => path.startsWith('test/') || /\.(e2e-)?spec\.ts$/.test(path);
const files = tracked.flatMap((path) => {
  try {
    return [{ path, lines: readFileSync(path, 'utf8').split('\n').length - 1 }];
  } catch {
    return []; // deleted in the work tree, not yet in the index
  }
});
const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0;

function row(name, group) {
  const sorted = group.map((file) => file.lines).sort((a, b) => a - b);
  const total = sorted.reduce((sum, lines) => sum + lines, 0);
  return {
    folder: name,
    files: sorted.length,
    lines: total,
    median: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    largest: sorted.at(-1) ?? 0,
  };
}

const source = files.filter((file) => !isTest(file.path));
const folders = [...new Set(source.map((file) => file.path.split('/')[1] ?? ''))].sort();
console.table([
  ...folders.map((name) =>
    row(
      name,
      source.filter((file) => file.path.split('/')[1] === name),
    ),
  ),
  row('all source', source),
  row(
    'all tests',
    files.filter((file) => isTest(file.path)),
  ),
]);
const tooLong = source.filter((file) => file.lines > LIMIT_LINES);
for (const file of tooLong) console.error(`${file.path}: at most ${LIMIT_LINES} lines, got ${file.lines}`);
process.exitCode = tooLong.length === 0 ? 0 : 1;
