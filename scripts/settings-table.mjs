/** Writes the table of settings into README.md from their one declaration; `npm run docs` builds first. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { SETTINGS } from '../dist/config/settings.js';

const rows = Object.entries(SETTINGS).map(([name, { description, defaultText, rule }]) => {
  const what = rule === 'any text' ? description : `${description} (${rule})`;
  return `| \`${name}\` | ${defaultText === undefined ? '' : `\`${defaultText}\``} | ${what} |`;
});
const table = ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
const readme = readFileSync('README.md', 'utf8');
writeFileSync(
  'README.md',
  readme.replace(/(<!-- settings:[^\n]*-->)[\s\S]*?(<!-- \/settings -->)/, `$1\n\n${table}\n\n$2`),
);
execFileSync('npx', ['prettier', '--write', '--log-level', 'warn', 'README.md'], { stdio: 'inherit' });
