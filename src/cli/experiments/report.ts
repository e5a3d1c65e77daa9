import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import type { Experiment, Findings } from './experiment.js';

const DOCUMENT = 'docs/experiments.md';
const HEADING = `# Experiments

Made by \`npm run experiments -- [NAME] --data DIR\`: what models answer, on real data.
`;

/** Puts the section of one experiment into docs/experiments.md, in the place of its last run. */
export async function writeFindings({ name, title }: Experiment, findings: Findings): Promise<void> {
  const old = await readFile(DOCUMENT, 'utf8').catch(() => HEADING);
  const facts = `${new Date().toISOString().slice(0, 10)}, commit ${commit()}, ${machine()}. Seeds: ${findings.seeds}.`;
  const body = [`## ${title}`, facts, findings.method, tableOf(findings), ...notesOf(findings)].join('\n\n');
  await writeFile(DOCUMENT, withSection(old, name, body));
  execFileSync('npx', ['prettier', '--write', '--log-level', 'warn', DOCUMENT], { stdio: 'inherit' });
}

/** The document with the section between its own markers replaced, or added at the end. */
export function withSection(document: string, name: string, body: string): string {
  const start = `<!-- experiment:${name} -->`;
  const end = `<!-- /experiment:${name} -->`;
  const section = `${start}\n\n${body}\n\n${end}`;
  const [from, to] = [document.indexOf(start), document.indexOf(end)];
  if (from < 0 || to < from) return `${document.trimEnd()}\n\n${section}\n`;
  return document.slice(0, from) + section + document.slice(to + end.length);
}

function notesOf({ notes = [] }: Findings): string[] {
  return notes.length === 0 ? [] : [notes.join('\n')];
}

export function tableOf({ columns, rows }: Pick<Findings, 'columns' | 'rows'>): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line)].join('\n');
}

/** The commit that is checked out, and whether the sources differ from it. */
function commit(): string {
  const git = (...args: string[]): string => execFileSync('git', args, { encoding: 'utf8' }).trim();
  const isChanged = git('status', '--porcelain', 'src').length > 0;
  return git('rev-parse', '--short', 'HEAD') + (isChanged ? ' with changes' : '');
}

function machine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${cpus().length} cores of ${model}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`;
}
