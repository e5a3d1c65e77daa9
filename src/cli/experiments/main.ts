import { parseArgs } from 'node:util';
import type { Experiment } from './experiment.js';
import { writeFindings } from './report.js';
import { EXPERIMENTS } from './table.js';

/** What options take that is no directory. */
const USED_AS: Readonly<Record<string, string>> = { only: 'TASK/METHOD', 'budget-minutes': 'N', seeds: 'N' };

const USAGE = `usage: npm run experiments -- [NAME] --data DIR [options]

${EXPERIMENTS.map(({ name, title, options }) => {
  const own = Object.keys(options).map((option) => `[--${option} ${USED_AS[option] ?? 'DIR'}]`);
  return `  ${[name, ...own].join(' ')}\n      ${title}`;
}).join('\n')}
`;

/** `npm run experiments -- [NAME] --data DIR`: runs one or all, prints the findings, writes them to docs/experiments.md. */
async function main(args: string[]): Promise<number> {
  const named = EXPERIMENTS.find(({ name }) => name === args[0]);
  const chosen = named ? [named] : EXPERIMENTS;
  const options = optionsOf(chosen, named ? args.slice(1) : args);
  if (options === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  let isReached = true;
  for (const experiment of chosen) {
    process.stdout.write(`${experiment.title}\n`);
    const findings = await experiment.run(options, (line) => process.stdout.write(`  ${line}\n`));
    await writeFindings(experiment, findings);
    isReached &&= findings.isReached;
  }
  return isReached ? 0 : 1;
}

function optionsOf(chosen: readonly Experiment[], args: string[]) {
  const own = Object.assign({}, ...chosen.map(({ options }) => options)) as Experiment['options'];
  try {
    const { values } = parseArgs({ args, options: { data: { type: 'string' }, ...own } });
    if (typeof values['data'] === 'string') return values as Record<string, string | boolean | undefined>;
    process.stderr.write('experiments: --data: expected the directory of the data sets, got none\n');
  } catch (error) {
    process.stderr.write(`experiments: ${(error as Error).message}\n`);
  }
  return undefined;
}

process.exitCode = await main(process.argv.slice(2));
