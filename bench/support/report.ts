import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import type { Bench, Line } from '../bench.js';

const DOCUMENT = 'docs/benchmarks.md';
const HEADING = `# Benchmarks

Made by \`npm run bench [-- NAME]\`. Ratios are taken within one run; figures of other machines do not compare.
`;

/** Puts the section of one benchmark into docs/benchmarks.md, in the place of its last run. */
export function writeSection(bench: Bench, lines: readonly Line[]): void {
  const old = existsSync(DOCUMENT) ? readFileSync(DOCUMENT, 'utf8') : HEADING;
  const start = `<!-- bench:${bench.name} -->`;
  const end = `<!-- /bench:${bench.name} -->`;
  const section = [start, '', sectionOf(bench, lines), '', end].join('\n');
  const at = old.indexOf(start);
  const text =
    at < 0 ? `${old.trimEnd()}\n\n${section}\n` : old.slice(0, at) + section + old.slice(old.indexOf(end) + end.length);
  writeFileSync(DOCUMENT, text);
  execFileSync('npx', ['prettier', '--write', '--log-level', 'warn', DOCUMENT], { stdio: 'inherit' });
}

function sectionOf(bench: Bench, lines: readonly Line[]): string {
  const rows = lines.map(({ what, value, target }) => {
    const verdict = target ? `${target.text} ${target.isReached ? 'reached' : '**missed**'}` : '';
    return `| ${what} | ${value} | ${verdict} |`;
  });
  return [
    `## ${bench.title}`,
    '',
    `${new Date().toISOString().slice(0, 10)}, commit ${commit()}, ${machine()}.`,
    '',
    bench.method,
    '',
    '| what | measured | to reach |',
    '| --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function commit(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const isChanged = git('status', '--porcelain', 'src').length > 0;
  return git('rev-parse', '--short', 'HEAD') + (isChanged ? ' with changes' : '');
}

function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${cpus().length} cores of ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
}
